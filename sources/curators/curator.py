"""A curator: how well a picture shows its category, and whether it could be a real one.

It lies beside a model, in `curator/`: `features.tflite`, a pretrained network cut short, which no
generator was trained against, `curator.npz`, what was fitted to real pictures' features, and
`concepts.npz`, what single things they show. Made by `flask gan curator`.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import NonesuchError
from sources.curators.concepts import CONCEPTS, Concepts, read_concepts, signed_root
from sources.spec.description import Model

FOLDER, NETWORK, FITTED = "curator", "features.tflite", "curator.npz"
SIGNATURE, INPUT, OUTPUT = "features", "pictures", "features"
BATCH = 8  # pictures of a call


class NoCurator(NonesuchError):
    """A model without a curator, or with one that does not fit."""


@dataclass(frozen=True)
class Fitted:
    """What was fitted to the features of real pictures, float [N, D], after `signed_root`."""

    size_px: int  # of the pictures
    slugs: np.ndarray  # str [C]: categories of the logits
    mean: np.ndarray  # float32 [D]
    unit: np.ndarray  # float32 [D]
    weights: np.ndarray  # float32 [D, C]
    bias: np.ndarray  # float32 [C]
    axes: np.ndarray  # float32 [D, P], to a space in which real pictures are as far apart every way
    known: np.ndarray  # float16 [M, P]: training pictures there
    radii: np.ndarray  # float32 [M]: how far each one's 5th neighbour is
    limit: np.float32  # of realism: 95 of 100 held-out real pictures reach it
    hashes: np.ndarray  # uint64 [H]: perceptual hashes of training pictures, mirrored too

    def shows(self, features: np.ndarray) -> np.ndarray:
        """Return the logarithm of each category's share, float32 [N, C]."""
        x = (signed_root(features) - self.mean) / self.unit @ self.weights + self.bias
        x = x - x.max(axis=1, keepdims=True)
        shares: np.ndarray = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        return shares

    def realism(self, features: np.ndarray) -> np.ndarray:
        """Return float32 [N]: 1 where a training picture is as near as its own 5th neighbour.

        The realism score of Kynkäänniemi et al. 2019: the largest of radius ÷ distance.
        """
        x = self.place(features)
        known = self.known.astype(np.float32)
        squares = (x**2).sum(axis=1)[:, None] + (known**2).sum(axis=1) - 2 * x @ known.T
        far = np.sqrt(np.maximum(squares, 1e-6))
        found: np.ndarray = (self.radii / far).max(axis=1)
        return found

    def place(self, features: np.ndarray) -> np.ndarray:
        """Return float32 [N, P]: features along `axes`."""
        placed: np.ndarray = (signed_root(features) - self.mean) @ self.axes
        return placed


class Features:
    """The network, on LiteRT."""

    def __init__(self, path: Path, threads: int) -> None:
        """Raises `NoCurator` where the file has not the signature."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
            self._run = self._interpreter.get_signature_runner(SIGNATURE)
            shape = self._run.get_input_details()[INPUT]["shape"]
        except (ValueError, RuntimeError, KeyError) as error:
            raise NoCurator(
                f"{path} is no network of a curator ({error})",
                "make it anew: flask gan curator --run RUN --name NAME --replace",
            ) from error
        self.size_px = int(shape[1])
        self._takes_one = True  # until it is known that it does not

    def of(self, pictures: np.ndarray) -> np.ndarray:
        """Return features float32 [N, D] of uint8 [N, S, S, 3 or 4]; transparent ones on white."""
        if len(pictures) == 1 and self._takes_one:
            # an eighth of the work of a whole batch, and the same features to the bit
            try:
                alone: np.ndarray = self._run(**{INPUT: on_white(pictures).astype(np.float32)})[
                    OUTPUT
                ]
                return alone
            except (ValueError, RuntimeError):  # a network of one batch size alone
                self._takes_one = False
        found = []
        for start in range(0, len(pictures), BATCH):
            part = on_white(pictures[start : start + BATCH])
            filled = np.concatenate([part, np.repeat(part[-1:], BATCH - len(part), axis=0)])
            found.append(self._run(**{INPUT: filled.astype(np.float32)})[OUTPUT][: len(part)])
        return np.concatenate(found)


def on_white(pictures: np.ndarray) -> np.ndarray:
    """Return uint8 [N, S, S, 3] of straight RGBA, or RGB as it is."""
    if pictures.shape[-1] == 3:
        return pictures
    alpha = pictures[..., 3:].astype(np.float32) / 255
    white: np.ndarray = np.rint(pictures[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return white


@dataclass(frozen=True)
class Judged:
    """What a curator says of some pictures of one category."""

    shows: np.ndarray  # float32 [N]: log of the category's share
    real: np.ndarray  # bool [N]: realistic enough, as the limit has it or among these
    nearest: list[tuple[str, ...]]  # [N]: the one or two concepts of the category; none without


class Curator:
    """A model's curator, loaded."""

    def __init__(
        self, features: Features, fitted: Fitted, concepts: Concepts | None = None
    ) -> None:
        self.features, self.fitted, self.concepts = features, fitted, concepts
        self._position = {slug: i for i, slug in enumerate(fitted.slugs.tolist())}

    def judge(self, pictures: np.ndarray, slug: str) -> Judged:
        """Judge uint8 [N, S, S, 3 or 4] of the category ``slug``, N from 1 on.

        Real pictures' limit is out of most generators' reach: the more realistic half of these is
        realistic enough at any rate.
        """
        features = self.features.of(pictures)
        nearest: list[tuple[str, ...]] = [()] * len(features)
        if self.concepts is not None:
            distances = self.concepts.distances(self.concepts.place(features))
            nearest = self.concepts.named(self.concepts.nearest(distances, slug))
        shows = self.fitted.shows(features)[:, self._position[slug]]
        realism = self.fitted.realism(features)
        return Judged(shows, realism >= min(self.fitted.limit, np.median(realism)), nearest)


def read_curator(model: Model, threads: int = 1) -> Curator:
    """Return the curator of a model. Raises `NoCurator`."""
    folder = model.folder / FOLDER
    if not (folder / FITTED).is_file():
        raise NoCurator(
            f"model {model.label} has no curator to choose among candidates",
            f"make one: flask gan curator --run RUN --name {model.name}; or leave --oversample out",
        )
    curator = Curator(
        Features(folder / NETWORK, threads),
        read_fitted(folder / FITTED),
        read_concepts(folder / CONCEPTS),
    )
    fitted = curator.fitted
    known = set(fitted.slugs.tolist())
    unknown = [c.family for c in model.categories if c.family not in known]
    if fitted.size_px != model.size_px or unknown:
        what = f"category {unknown[0]}" if unknown else f"pictures of {model.size_px} px"
        raise NoCurator(
            f"the curator of {model.label} does not know {what}",
            f"make it anew from the run that made the model: flask gan curator --run RUN "
            f"--name {model.name} --replace",
        )
    return curator


def read_fitted(path: Path) -> Fitted:
    """Read curator.npz. Raises `NoCurator`."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            values = {name: kept[name] for name in Fitted.__dataclass_fields__}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise NoCurator(
            f"{path} cannot be read ({error})",
            "make it anew: flask gan curator --run RUN --name NAME --replace",
        ) from error
    values["size_px"] = int(values["size_px"])
    return Fitted(**values)
