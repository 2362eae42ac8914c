"""Judging live pictures: how good one is among its category's, and what it is nearest to."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import NonesuchError

if TYPE_CHECKING:
    import numpy as np

    from sources.curators.chosen_seeds import Chosen
    from sources.curators.curator import Curator
    from sources.spec.description import Model, ModelCategory

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """What is thought of one picture."""

    quality: float = 0.0  # deviations above what is usual in the category
    nearest: tuple[str, ...] = ()


class LiveJudge:
    """A model's curator, with what is usual among the candidates that its seeds were chosen of."""

    def __init__(self, curator: "Curator", chosen: "Chosen") -> None:
        self._curator, self._chosen = curator, chosen

    def judge(self, picture: "np.ndarray", category: "ModelCategory") -> Verdict:
        """Judge what the generator made, uint8 [S, S, 3 or 4], before any finish."""
        from sources.curators.curator import on_white
        from sources.curators.flaws import flaws_of
        from sources.curators.quality import points_of, quality

        selection = self._chosen.selections.get(category.slug)
        if selection is None:
            return Verdict()
        curator, pictures = self._curator, on_white(picture[None])
        points = points_of(
            curator.features.of(pictures), flaws_of(pictures), category.slug,
            curator.fitted, curator.concepts,
        )  # fmt: skip
        nearest = curator.concepts.named(points.nearest)[0] if curator.concepts else ()
        return Verdict(float(quality(points, selection.scale)[0]), nearest)


def open_judge(model: "Model") -> LiveJudge | None:
    """Return a judge of a model's pictures; None where no seeds were chosen for it."""
    from sources.curators.chosen_seeds import read_chosen
    from sources.curators.curator import read_curator

    try:
        chosen = read_chosen(model)
        return LiveJudge(read_curator(model), chosen) if chosen else None
    except NonesuchError as error:
        _log.warning("live pictures of %s come as they are drawn: %s", model.label, error)
        return None
