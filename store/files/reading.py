"""What a picture's file says: the row that the index keeps of it."""

from store.files.protocol import digest
from store.formats.encoding import read_picture
from store.index.writes import NewImage


def read_row(file: str, data: bytes) -> NewImage:
    """Return the row of a file with these bytes: provenance from its metadata if it has any.

    Raises `BadPicture`.
    """
    read = read_picture(data)
    made = read.provenance
    return NewImage(
        file=file,
        sha256=digest(data),
        bytes=len(data),
        width=read.width,
        height=read.height,
        format=read.format,
        phash=read.phash,
        model=made.model if made else None,
        model_digest=made.model_digest if made else None,
        seed=made.seed if made else None,
        truncation=made.truncation if made else None,
        nearest=(" ".join(made.nearest) or None) if made else None,
    )
