"""A data set from TFRecord files of `tf.train.Example`s, as TensorFlow's own tools write them.

Each example holds an encoded picture (PNG, JPEG or WebP) under ``image/encoded``, ``image`` or
``image_raw``, or raw pixels: ``image_raw`` with ``height``, ``width`` and ``depth``, as examples of
TensorFlow write MNIST, or ``data`` with ``shape`` [C, H, W], as StyleGAN's tools do. If there are
categories, their names are under ``image/class/text`` or ``label``, or numbers under
``image/class/label`` or ``label``.
"""

import hashlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.slugs import slugify_all
from gan.dataset.files import BadDataset, Dataset, Label, Record
from gan.dataset.folder import STYLE, FolderOptions, display_name
from gan.dataset.pictures import Unreadable, read_picture, variants
from gan.dataset.split import split_concepts

PICTURES = ("image/encoded", "image", "image_raw")
CATEGORIES = ("image/class/text", "label", "image/class/label")


def build_records_dataset(
    files: Sequence[Path], name: str, options: FolderOptions, echo: Callable[[str], None]
) -> Dataset:
    """Return the data set of TFRecord files. Raises `BadDataset`.

    Pictures are made square, mirrored and turned as those of a folder; the same bytes are one
    concept. Without categories there is one, of the data set's name.
    """
    read: dict[str, dict[str, tuple[str, list[np.ndarray]]]] = {}
    left_out: Counter[str] = Counter()
    for number, (data, category) in enumerate(_examples(files)):
        if data is None:
            left_out["no picture under " + ", ".join(PICTURES)] += 1
            continue
        try:
            picture = read_picture(io.BytesIO(data), options.size_px, options.fit)
        except Unreadable as error:
            left_out[str(error)] += 1
            continue
        digest = hashlib.sha256(data).hexdigest()[:16]
        made = variants(picture, options.mirror, options.rotations)
        read.setdefault(category or name, {})[digest] = (f"record {number}", made)
    for reason, count in left_out.items():
        echo(f"left out {count}: {reason}")
    _check_enough(read, files)

    names = sorted(read)
    slugs = slugify_all(names)
    pictures: list[np.ndarray] = []
    records: list[Record] = []
    for category, slug in zip(names, slugs, strict=True):
        split_of = split_concepts(read[category])
        for digest, (origin, made) in read[category].items():
            pictures.extend(made)
            row = Record(slug, STYLE, digest, origin, "not stated", split_of[digest])
            records.extend(row for _ in made)
    labels = [Label(s, display_name(n)) for s, n in zip(slugs, names, strict=True)]
    return Dataset(
        name=name,
        size_px=options.size_px,
        categories=labels,
        styles=[STYLE],
        pictures=np.stack(pictures),
        records=records,
        notes={
            "made_from": made_from_records(files, options),
            "options": asdict(options),
            "left_out": dict(left_out),
        },
    )


def made_from_records(files: Sequence[Path], options: FolderOptions) -> str:
    """Return a digest of the files' names, sizes and times, and of the options."""
    lines = [repr(sorted(asdict(options).items()))]
    for file in files:
        if not file.is_file():
            raise BadDataset(f"there is no file {file}", "name TFRecord files: monsters.tfrecord")
        about = file.stat()
        lines.append(f"{file.name} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _examples(files: Sequence[Path]) -> Iterator[tuple[bytes | None, str]]:
    """Yield each example's encoded picture, None without one, and its category or ''."""
    import tensorflow as tf

    for file in files:
        kind = "GZIP" if file.suffix == ".gz" else ""
        try:
            for record in tf.data.TFRecordDataset(str(file), kind):
                features = tf.train.Example.FromString(record.numpy()).features.feature
                category = _first(features, CATEGORIES)
                category = category.decode() if isinstance(category, bytes) else category
                yield _picture(features), "" if category is None else str(category)
        except (tf.errors.OpError, ValueError, TypeError) as error:
            reason = "damaged or no TFRecord file"
            raise BadDataset(f"{file} is {reason}", "write it again, or leave it out") from error
        except Exception as error:  # protobuf's DecodeError has a place of its own per version
            if type(error).__name__ != "DecodeError":
                raise
            raise BadDataset(
                f"{file} holds no tf.train.Example",
                "write Examples with image/encoded and image/class/text",
            ) from error


def _picture(features: Any) -> bytes | None:
    """Return an example's picture as the bytes of a file, PNG for raw pixels; None without one."""
    data, shape = _first(features, ("data",)), _values(features, "shape")
    if isinstance(data, bytes) and len(shape) == 3:
        return _encoded(data, tuple(map(int, shape)), (1, 2, 0))
    data = _first(features, PICTURES)
    if not isinstance(data, bytes):
        return None
    height, width = _first(features, ("height",)), _first(features, ("width",))
    if isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0:
        depth = _first(features, ("depth", "channels")) or len(data) // (height * width)
        if len(data) == height * width * depth:
            return _encoded(data, (height, width, depth), (0, 1, 2))
    return data


def _encoded(data: bytes, shape: tuple[int, ...], axes: tuple[int, int, int]) -> bytes:
    """Return raw pixels as a PNG file, as they are where they do not fit their shape.

    ``axes``: which of ``shape`` are height, width and channels.
    """
    if math.prod(shape) != len(data) or shape[axes[2]] not in (1, 3, 4) or 0 in shape:
        return data
    pixels = np.frombuffer(data, np.uint8).reshape(shape).transpose(axes)
    file = io.BytesIO()
    image = Image.fromarray(
        np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    )
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _first(features: Any, names: Sequence[str]) -> Any:
    found = (_values(features, name) for name in names)
    return next((values[0] for values in found if len(values)), None)


def _values(features: Any, name: str) -> Sequence[Any]:
    kind = features[name].WhichOneof("kind") if name in features else None
    return getattr(features[name], kind).value if kind else ()


def _check_enough(read: dict[str, Any], files: Sequence[Path]) -> None:
    total = sum(map(len, read.values()))
    if total < 2:
        raise BadDataset(
            f"{total} pictures can be read in {', '.join(file.name for file in files)}",
            "a GAN needs at least 2, better 500",
        )
    if single := sorted(category for category, found in read.items() if len(found) == 1):
        raise BadDataset(
            f"only one picture in {', '.join(single)}: none could be held out",
            "add another, or leave the category out",
        )
