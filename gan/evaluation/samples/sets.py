"""The sets of pictures that every measure compares, of one composition by category."""

from dataclasses import dataclass

import numpy as np

from core.errors import NonesuchError
from gan.dataset.files import HELD_OUT, TRAIN, Dataset
from gan.evaluation.samples.matching import counts, matched_blocks
from gan.pixels import on_white

BLOCKS = 4
SEED = 19


class TooFewPictures(NonesuchError):
    """Not enough pictures to measure anything."""


@dataclass(frozen=True)
class Sets:
    """Real and generated pictures, and which of them are compared.

    Positions in ``train``, ``held_out`` and the blocks of training pictures are rows of the data
    set; those in ``generated_blocks`` are rows of the generated pictures.
    """

    dataset: Dataset
    real: np.ndarray  # uint8 [M, H, W, 3] on white, all of the data set
    generated: np.ndarray  # uint8 [N, H, W, 3] on white
    categories: np.ndarray | None  # int [N]; None of a generator without categories
    train: np.ndarray  # int, all training pictures
    held_out: np.ndarray  # int, all held-out pictures
    reference: np.ndarray  # int [R], held-out pictures
    train_blocks: list[np.ndarray]  # int [R] each, of the reference's composition
    generated_blocks: list[np.ndarray]  # int [R] each, likewise

    def concepts(self, rows: np.ndarray) -> list[str]:
        return [self.dataset.records[i].concept for i in rows]


def match_sets(
    dataset: Dataset,
    generated: np.ndarray,
    categories: np.ndarray | None,
    leave_out_styles: tuple[str, ...] = (),
) -> Sets:
    """Return the sets of uint8 [N, H, W, 3] with int [N] categories of ``dataset``.

    The reference is the held-out pictures; where fewer are generated of a category, only so many.
    Without categories the generated pictures are taken as they come. Raises `TooFewPictures`.
    """
    train = dataset.indices(TRAIN, leave_out_styles)
    held_out = dataset.indices(HELD_OUT, leave_out_styles)
    labels = dataset.category_ids()
    number = len(dataset.categories)
    if categories is None:
        labels = np.zeros(len(labels), np.int32)
        number = 1
    made = np.zeros(len(generated), np.int32) if categories is None else categories
    wanted = np.minimum.reduce(
        [counts(labels[held_out], number), counts(labels[train], number), counts(made, number)]
    )
    if wanted.sum() < 2:
        raise TooFewPictures(
            f"{len(generated)} generated pictures share {wanted.sum()} categories' places with "
            f"{len(train)} to train on and {len(held_out)} held out",
            "generate more, or hold more out",
        )
    return Sets(
        dataset,
        on_white(dataset.pictures),
        generated,
        categories,
        train,
        held_out,
        held_out[matched_blocks(labels[held_out], wanted, 1, SEED)[0]],
        [train[rows] for rows in matched_blocks(labels[train], wanted, BLOCKS, SEED)],
        matched_blocks(made, wanted, BLOCKS, SEED),
    )
