"""What runs on every machine of a cluster: one generator, loaded once, that makes jobs.

Its model comes along as bytes, so that a machine needs the Python packages and nothing else.
"""

import socket
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from pregen.engines.jobs import Job
from pregen.engines.making import Made, make
from sources.registry import open_source
from sources.spec.description import SAVED_MODEL, SERVING, Model, weights_of
from store.formats.encoding import Format


@dataclass(frozen=True)
class Parcel:
    """A model with its files; of one that is served there are none."""

    model: Model
    files: dict[str, bytes]  # path in its folder → content
    check_range: bool = False  # see `sources.registry.open_source`


@dataclass(frozen=True)
class Result:
    """The pictures of a job, encoded, and on which machine they were made."""

    key: tuple[str, int]
    place: str
    made: list[Made]


def pack(model: Model, *, check_range: bool = False) -> Parcel:
    """Return a model as it can be sent to another machine."""
    if model.runtime == SERVING:
        return Parcel(model, {}, check_range)
    if model.runtime == SAVED_MODEL:
        paths = [path for path in sorted(model.folder.rglob("*")) if path.is_file()]
    else:
        paths = weights_of(model, model.folder, model.runtime)
    files = {path.relative_to(model.folder).as_posix(): path.read_bytes() for path in paths}
    return Parcel(model, files, check_range)


def unpack(parcel: Parcel, folder: Path) -> Model:
    """Write a model's files under a folder; return the model that lies there."""
    if not parcel.files:
        return parcel.model
    for name, data in parcel.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return replace(parcel.model, folder=folder)


class Maker:
    """An actor of Ray."""

    def __init__(self, parcel: Parcel, threads: int) -> None:
        import ray

        # once loaded, nothing is read from there any more
        with tempfile.TemporaryDirectory(prefix="nonesuch-") as folder:
            self._source = open_source(
                unpack(parcel, Path(folder)), threads, check_range=parcel.check_range
            )
        node = ray.get_runtime_context().get_node_id()
        self._place = f"{socket.gethostname()[:20]}-{node[:4]}"

    def batch(self) -> int:
        """Return how many pictures a call of the generator makes."""
        return self._source.batch

    def make(self, job: Job, chosen: Format, truncations: tuple[float, float]) -> Result:
        """Make the pictures of a job that are wanted; the same job gives the same bytes."""
        model = self._source.model
        made = []
        for batch in job.batches:
            (draws,) = batch.drawn(model, truncations)
            pictures = self._source.generate(batch.category.label, draws)
            made += [
                make(
                    picture,
                    drawn,
                    model,
                    batch.category.slug,
                    chosen,
                    batch.nearest.get(drawn.seed, ()),
                )
                for picture, drawn in zip(pictures, draws, strict=True)
                if drawn.seed in batch.wanted
            ]
        return Result(job.key, self._place, made)
