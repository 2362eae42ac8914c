"""Latent walks of a model as looping animated WebPs, within categories and between them."""

import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from core.errors import NonesuchError
from pregen.planning.batches import seed_of
from sources.interpolation import Stop, check_blendable, looping_walk, pictures_of
from sources.runtimes.latents import draw
from sources.runtimes.source import Source
from sources.spec.description import Model, ModelCategory
from sources.spec.finish import finished
from store.files.morphs import Morph, MorphFolder, names_for
from store.files.protocol import digest
from store.formats.encoding import encode, find_format, perceptual_hash
from store.formats.metadata import Provenance, to_xmp

# small pictures are shown enlarged, where the blocks of quality 80 are seen; large ones are heavy
SMALL_PX, SMALL_QUALITY, QUALITY = 128, 92, 80
METHOD = 4
FINISHED_PX = 256  # of a model with a finish: a loop has dozens of frames
LONGEST_FRAME_MS = 10_000  # a WebP's frame holds 24 bits of them, and a walk should move
MOST_FRAMES = 600  # a minute at 100 ms: what a page can be asked to load


class BadWalk(NonesuchError):
    """Options of a walk that make no loop."""


@dataclass(frozen=True)
class WalkOptions:
    """What a loop is like."""

    seed: int = 0
    stops: int = 3  # pictures that a loop within a category comes through
    frames: int = 16  # from one to the next
    frame_ms: int = 80
    truncation: float = 1.0
    path: str = "linear"


@dataclass(frozen=True)
class MorphPlan:
    """A loop to be made: its categories, and a seed of each stop."""

    categories: tuple[ModelCategory, ...]
    stops: tuple[tuple[ModelCategory, int], ...]

    @property
    def name(self) -> str:
        """What its file is called."""
        return "-".join(category.slug for category in self.categories)


def plan_walks(
    model: Model,
    categories: Sequence[ModelCategory],
    between: int,
    options: WalkOptions,
    is_rejected: Callable[[str, int], bool] = lambda slug, seed: False,  # noqa: ARG005
) -> list[MorphPlan]:
    """Return a loop within each category, then ``between`` loops from one to the next and back.

    The first comes through the first pictures of each category, as pregen with the same --seed
    makes them; ``is_rejected`` says of a category and a seed that they are passed over. Raises
    `BadWalk` and `NotMixable`.
    """
    if options.stops < 2 or options.frames < 2 or options.frame_ms < 20:
        raise BadWalk(
            "a loop needs 2 stops, 2 frames between them and 20 ms a frame at least",
            "for example: --stops 3 --frames 16 --ms 80",
        )
    if options.frame_ms > LONGEST_FRAME_MS:
        raise BadWalk(
            f"--ms {options.frame_ms} is more than {LONGEST_FRAME_MS:,}", "for example: --ms 80"
        )
    if max(options.stops, 2) * options.frames > MOST_FRAMES:
        raise BadWalk(
            f"{options.stops} stops of {options.frames} frames are more than {MOST_FRAMES}",
            "ask for fewer",
        )
    if between and len(categories) < 2:
        raise BadWalk("between one category and itself there is no way", "write --between 0")
    if between:
        check_blendable(model)
    position = {category.slug: i for i, category in enumerate(model.categories)}

    def first_of(category: ModelCategory, count: int) -> list[tuple[ModelCategory, int]]:
        place = position[category.slug]
        seeds = (seed_of(options.seed, place, number) for number in itertools.count())
        shown = (seed for seed in seeds if not is_rejected(category.slug, seed))
        return [(category, seed) for seed in itertools.islice(shown, count)]

    walks = [MorphPlan((each,), tuple(first_of(each, options.stops))) for each in categories]
    for a, b in itertools.islice(_pairs(categories), between):
        walks.append(MorphPlan((a, b), (*first_of(a, 1), *first_of(b, 1))))
    return walks


def _pairs(categories: Sequence[ModelCategory]) -> Iterator[tuple[ModelCategory, ModelCategory]]:
    """Yield neighbours, then those two apart, and so on: each pair once."""
    for step in range(1, len(categories)):
        for i in range(len(categories) - step):
            yield categories[i], categories[i + step]


def described(walk: MorphPlan, model: Model, options: WalkOptions) -> Morph:
    """Return what the list says of a loop before it is made: files and size are empty."""
    return Morph(
        file="", still="", sha256="", bytes=0, width=0, height=0,
        frames=len(walk.stops) * options.frames,
        frame_ms=options.frame_ms,
        categories=tuple(category.slug for category in walk.categories),
        names=tuple(category.name for category in walk.categories),
        model=model.label,
        model_digest=model.digest,
        seeds=tuple(seed for _, seed in walk.stops),
        truncation=options.truncation,
        path=options.path,
    )  # fmt: skip


def make_walk(source: Source, walk: MorphPlan, options: WalkOptions, folder: MorphFolder) -> Morph:
    """Generate, encode and store one loop."""
    import dataclasses

    model = source.model
    truncations = (options.truncation, options.truncation)
    stops = [Stop(c.label, draw(model, seed, truncations)) for c, seed in walk.stops]
    walked = looping_walk(model, stops, options.frames, options.path)
    frames = [
        finished(picture, model.finish, FINISHED_PX)
        for picture in pictures_of(source, stops[0].label, walked)
    ]
    origin = Provenance(
        model=model.label,
        model_digest=model.digest,
        category=walk.name,
        seed=walk.stops[0][1],
        truncation=options.truncation,
        phash=perceptual_hash(Image.fromarray(frames[0])),
    )
    data = animate(frames, options.frame_ms, origin)
    file, still = names_for(walk.name, data)
    morph = dataclasses.replace(
        described(walk, model, options),
        file=file,
        still=still,
        sha256=digest(data),
        bytes=len(data),
        width=frames[0].shape[1],
        height=frames[0].shape[0],
    )
    folder.add(morph, data, encode(frames[0], find_format("webp"), origin))
    return morph


def animate(frames: Sequence[np.ndarray], frame_ms: int, origin: Provenance) -> bytes:
    """Return frames, uint8 [H, W, 3 or 4], as an animated WebP that runs for ever."""
    images = [Image.fromarray(frame) for frame in frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=frame_ms,
        loop=0,
        xmp=to_xmp(origin),
        quality=SMALL_QUALITY if images[0].width <= SMALL_PX else QUALITY,
        method=METHOD,
    )
    return buffer.getvalue()
