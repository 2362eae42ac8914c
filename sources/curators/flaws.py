"""What spoils a drawing whatever it shows: crumbs beside it, holes in it, stripes across it.

Measured on the picture itself, without a network: connected pieces of what is not paper, pieces of
paper that it encloses, and waves of two to four pixels, which up-sampling leaves.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from sources.curators.curator import on_white

PAPER = 26  # of 255: a pixel this near to white in every channel is paper
SMALL = 0.08  # of the drawing's pixels: a piece of less is a crumb, not a part
_AROUND = np.ones((3, 3), int)  # pieces that touch at a corner are one
_LONG, _WIDE, _STEP = 16, 4, 4  # pixels: of the profile in which a wave is looked for
_FIRST = 4  # waves in a profile, and more: one of 4 pixels or shorter
_WAVE = 12.0  # of 255, amplitude: fainter ones are not seen
_WINDOW = np.hanning(_LONG + 1)[:-1]


@dataclass(frozen=True)
class Flaws:
    """Flaws of N pictures, float32 [N] each."""

    body: np.ndarray  # share of the picture that is drawn on, 0–1
    crumbs: np.ndarray  # of the drawing's pixels, those in crumbs, 0–1
    crumb_count: np.ndarray
    holes: np.ndarray  # small pieces of enclosed paper, as a share of the drawing
    hole_count: np.ndarray
    pieces: np.ndarray  # that are no crumbs
    stripes: np.ndarray  # share of the drawing across which a wave stands out, 0–1
    cut: np.ndarray  # of the picture's border, what is drawn on, 0–1
    detail: np.ndarray  # mean slope within the drawing, its outline aside, of 255 a pixel

    def __getitem__(self, rows: "slice | np.ndarray") -> "Flaws":
        return Flaws(*(getattr(self, field.name)[rows] for field in fields(self)))


def flaws_of(pictures: np.ndarray) -> Flaws:
    """Return the flaws of uint8 [N, S, S, 3 or 4]; transparent ones are looked at on white."""
    found = [_measure(picture) for picture in on_white(pictures)]
    return Flaws(*(np.array(column, np.float32) for column in zip(*found, strict=True)))


def _measure(picture: np.ndarray) -> tuple[float, ...]:
    drawn = picture.min(axis=-1) < 255 - PAPER
    total = int(drawn.sum())
    if not total:
        return (0.0,) * 9
    pieces = _areas(drawn, _AROUND)
    crumbs = pieces[pieces < SMALL * total]
    paper, count = ndimage.label(~drawn)
    enclosed = np.ones(count + 1, bool)
    border = np.concatenate([paper[0], paper[-1], paper[:, 0], paper[:, -1]])
    enclosed[border] = False
    enclosed[0] = False
    holes = np.bincount(paper.ravel(), minlength=count + 1)[enclosed]
    small = holes[holes < SMALL * total]
    grey = picture.mean(axis=-1, dtype=np.float32)
    inside = ndimage.binary_erosion(drawn, _AROUND, iterations=3)
    slopes = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
    edge = np.concatenate([drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]])
    return (
        total / drawn.size,
        crumbs.sum() / total,
        len(crumbs),
        small.sum() / total,
        len(small),
        len(pieces) - len(crumbs),
        _waves(grey, drawn),
        float(edge.mean()),
        float(slopes[inside[:-1, :-1]].mean()) if inside[:-1, :-1].any() else 0.0,
    )


def _areas(mask: np.ndarray, structure: np.ndarray) -> np.ndarray:
    labels, count = ndimage.label(mask, structure)
    areas: np.ndarray = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return areas


def _waves(grey: np.ndarray, drawn: np.ndarray) -> float:
    """Return the share of drawn patches in which a wave stands out, along a row or a column."""
    if min(grey.shape) < _LONG:
        return 0.0
    waving = total = 0.0
    for turned, mask in ((grey, drawn), (grey.T, drawn.T)):
        # profiles over _LONG pixels, each averaged over _WIDE lines
        lines = len(turned) // _WIDE
        bands = turned[: lines * _WIDE].reshape(lines, _WIDE, -1).mean(axis=1)
        inked = mask[: lines * _WIDE].reshape(lines, _WIDE, -1).mean(axis=1)
        profiles = sliding_window_view(bands, _LONG, axis=1)[:, ::_STEP]
        filled = sliding_window_view(inked, _LONG, axis=1)[:, ::_STEP].mean(axis=-1) > 0.5
        level = profiles.mean(axis=-1, keepdims=True)
        heights = np.abs(np.fft.rfft((profiles - level) * _WINDOW)) * (4 / _LONG)
        # an edge has less of every shorter wave; only a wave has more of one
        stands_out = (heights[..., _FIRST:] - heights[..., _FIRST - 2 : -2]).max(axis=-1)
        waving += float((filled & (stands_out > _WAVE)).sum())
        total += float(filled.sum())
    return waving / total if total else 0.0
