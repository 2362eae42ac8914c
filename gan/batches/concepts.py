"""Batches of two halves: concepts to be drawn as they are, and concepts to be crossed."""

from dataclasses import dataclass

import numpy as np

from gan.batches.labelled import Batch, Batches
from gan.dataset.emoji.concept_vectors import read_concept_vectors
from gan.dataset.files import TRAIN, Dataset
from gan.pixels import to_unit

NEIGHBOURS = 5
OWN = 0.5  # of the first half: how often the real partner is the concept's own picture
NOISE = 0.03  # deviation of what is added to a vector's numbers, which are of about 0.12


@dataclass(frozen=True)
class ConceptBatch(Batch):
    """And the parents of what is to be drawn; ``categories`` are those of the first parents."""

    concepts: np.ndarray  # float32 [N, D]: vectors of the first parents
    fine_categories: np.ndarray  # float32 [N, C]: of the second
    fine_concepts: np.ndarray  # float32 [N, D]
    drawn_categories: np.ndarray  # float32 [N, C]: of the first, or weights where both are blended
    judged_concepts: (
        np.ndarray
    )  # float32 [N, D]: the concept by which a pair is judged; zeros: by none
    own: np.ndarray  # float32 [N]: 1 where the real partner is the one picture of that concept


class ConceptBatches(Batches):
    """Draws a first half of anchors and a second half of mixes.

    An anchor has one concept, its vector with a little noise; its real partner is the concept's
    own picture or one of its nearest concepts' in the same style, neither mirrored. A mix has two
    parents, half of the time of the same category: one for the layout and one for the rest, or
    both blended. Its partner is the first parent's picture, and nobody is told the concept.
    """

    def __init__(
        self,
        dataset: Dataset,
        seed: int,
        leave_out_styles: tuple[str, ...] = (),
        no_mirror: tuple[str, ...] = (),
        channels: int = 3,
    ) -> None:
        """Raises `BadDataset` where a concept has no vector."""
        super().__init__(dataset, seed, leave_out_styles, no_mirror, channels)
        known = read_concept_vectors()
        chosen = dataset.indices(TRAIN, leave_out_styles)
        found = known.rows([dataset.records[i].concept for i in chosen])
        used, concepts = np.unique(found, return_inverse=True)
        self._vectors = known.vectors[used]
        self._concepts = concepts.astype(np.int64)  # of each picture, in self._vectors
        # pictures by concept and style
        drawings: dict[tuple[int, int], list[int]] = {}
        for row, key in enumerate(zip(self._concepts, self._styles, strict=True)):
            drawings.setdefault((int(key[0]), int(key[1])), []).append(row)
        self._alone = np.zeros(len(chosen), bool)
        for rows in drawings.values():
            self._alone[rows] = len(rows) == 1
        self._near = self._nearest(drawings)
        self._by_category = [
            np.flatnonzero(self._categories == c) for c in range(len(dataset.categories))
        ]

    def _nearest(self, drawings: dict[tuple[int, int], list[int]]) -> np.ndarray:
        """Return for each picture pictures of the nearest concepts in its style, int64 [N, 5]."""
        similar = self._vectors @ self._vectors.T
        np.fill_diagonal(similar, -np.inf)
        near = np.empty((len(self._concepts), NEIGHBOURS), np.int64)
        for style in np.unique(self._styles):
            there = np.array(sorted(c for c, s in drawings if s == style))
            for concept in there:
                # in a style of fewer concepts the nearest come again, in one of one itself
                order = there[np.argsort(-similar[concept, there], kind="stable")]
                order = np.resize(order[:-1] if len(order) > 1 else order, NEIGHBOURS)
                rows = [drawings[int(c), int(style)][0] for c in order]
                near[drawings[int(concept), int(style)]] = rows
        return near

    def draw(self, step: int, size: int) -> ConceptBatch:
        """Return the batch of a step; the same for the same seed, step and size."""
        random = np.random.Generator(np.random.Philox(key=[self._seed, step]))
        rows = self._rows(random, step, size)
        anchors = np.arange(size) < (size + 1) // 2
        own = anchors & (random.random(size) < OWN)
        neighbours = self._near[rows, random.integers(0, NEIGHBOURS, size)]
        partners = np.where(anchors & ~own, neighbours, rows)
        pictures = to_unit(self._pictures[partners])
        mirror = (random.random(size) < 0.5) & self._may_mirror[rows] & ~anchors
        pictures[mirror] = pictures[mirror, :, ::-1]

        elsewhere, same = self._rows(random, step, size), random.random(size) < 0.5
        beside = [random.choice(self._by_category[c]) for c in self._categories[rows]]
        others = np.where(anchors, rows, np.where(same, beside, elsewhere))
        noise = random.standard_normal((size, self._vectors.shape[1])).astype(np.float32)
        first, second = self._vectors[self._concepts[[rows, others]]]
        judged = first * anchors[:, None]
        first, second = (v + NOISE * noise * anchors[:, None] for v in (first, second))
        categories, other = self._category_eye[self._categories[[rows, others]]]
        # half of the mixes are blended, the first parent in the lead: both levels are given both
        blended = ~anchors & (random.random(size) < 0.5)
        lead = np.where(blended, random.uniform(0.5, 0.7, size), 1.0).astype(np.float32)[:, None]
        mixed = [
            (lead * a + (1 - lead) * b, np.where(blended[:, None], lead * a + (1 - lead) * b, b))
            for a, b in ((first, second), (categories, other))
        ]
        return ConceptBatch(
            pictures,
            categories,
            self._style_eye[self._styles[rows]],
            concepts=mixed[0][0],
            fine_categories=mixed[1][1],
            fine_concepts=mixed[0][1],
            drawn_categories=mixed[1][0],
            judged_concepts=judged,
            own=(own & self._alone[rows]).astype(np.float32),
        )
