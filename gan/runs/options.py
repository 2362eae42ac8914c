"""What a run is made with: recorded beside it as training_options.json, checked on continuing."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

from core.errors import NonesuchError
from gan.augment import AugmentOptions
from gan.batches.labelled import Batches, Draws
from gan.dataset.files import Dataset, DatasetAbout
from gan.networks.generator import GeneratorSpec
from gan.networks.residual import ResidualOptions


class BadOptions(NonesuchError):
    """Options that are out of range or unlike those the run was begun with."""


@dataclass(frozen=True)
class RunOptions:
    """What every recipe has. Lengths are in kimg: thousands of real pictures seen."""

    advice: ClassVar[str] = "lower the learning rate"  # what to change when a run fails
    branches: ClassVar[int] = 1  # parts of a step that do not wait for one another
    continues_weights: ClassVar[bool] = False  # trains on what its run builds on
    pretrained_credit: ClassVar[str] = ""  # of others' networks that taught it, for the card

    recipe: str
    dataset: str
    method: str = "relativistic"  # the module of gan/methods that has networks and step
    total_kimg: float = 210.0
    batch: int = 32
    seed: int = 0
    leave_out_styles: tuple[str, ...] = ()
    no_mirror: tuple[str, ...] = ()  # categories; "*" for all
    picture_channels: int = 3  # 3: RGB on white; 4: straight RGBA

    def __post_init__(self) -> None:
        self.must_be_above_0("total_kimg", "batch")
        if self.picture_channels not in (3, 4):
            raise BadOptions(f"picture_channels is {self.picture_channels}, but must be 3 or 4")

    def must_be_above_0(self, *names: str) -> None:
        """Raise `BadOptions` for the first of these options that is not."""
        for name in names:
            if getattr(self, name) <= 0:
                raise BadOptions(f"{name} is {getattr(self, name)}, but must be above 0")

    def must_not_be_below_0(self, *names: str) -> None:
        """Raise `BadOptions` for the first of these options that is."""
        for name in names:
            if getattr(self, name) < 0:
                raise BadOptions(f"{name} is {getattr(self, name)}, but must not be below 0")

    def must_be_on_white(self) -> None:
        """Raise `BadOptions` where pictures are not RGB."""
        if self.picture_channels != 3:
            raise BadOptions("picture_channels must be 3: pictures stand on white")

    def networks(self, dataset: DatasetAbout) -> GeneratorSpec:
        """Return what the generator is that these options train on a data set."""
        raise NotImplementedError

    def batches(self, dataset: Dataset) -> Draws:
        """Return what draws the batches of a run."""
        return Batches(
            dataset, self.seed, self.leave_out_styles, self.no_mirror, self.picture_channels
        )

    @property
    def mirroring(self) -> str:
        """Which pictures are mirrored as they are drawn, in words, and how to change that."""
        if "*" in self.no_mirror:
            return "none"
        but = f" but those of {', '.join(self.no_mirror)}" if self.no_mirror else ""
        return f"half of all pictures{but}, as they are drawn; none with --set no_mirror=*"

    @property
    def beginning(self) -> str:
        """What a run's first grids are like, in words; empty where they show something soon."""
        return ""

    def pictures_seen(self, step: int) -> int:
        """Return how many real pictures were seen before a step, counted from 0."""
        return step * self.batch

    @property
    def cycle(self) -> int:
        """After how many steps their kinds come again, each of which is compiled by itself."""
        return 1

    def steps(self) -> int:
        """Return the number of steps in which ``total_kimg`` are seen."""
        wanted, low, high = self.total_kimg * 1000, 0, 1
        while self.pictures_seen(high) < wanted:
            high *= 2
        while low < high:
            middle = (low + high) // 2
            if self.pictures_seen(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


@dataclass(frozen=True)
class TrainingOptions(RunOptions):
    """And what methods for the residual generator have, conditional and with an average."""

    learning_rate: float = 3e-4
    warm_up_kimg: float = 2.0  # the rate rises from 0 over these; without, D's logits explode
    final_learning_rate: float = 5e-5
    decay_from: float = 0.6  # of the run, 0-1; constant before, cosine after
    betas: tuple[float, float] = (0.0, 0.99)
    projection_kimg: float = 60.0  # λ goes from 0 to 1 over these (Collapse by Conditioning, 2022)
    ema_kimg: float = 20.0  # half-life at most
    ema_share: float = 0.05  # half-life at most this share of the pictures seen
    augment: AugmentOptions = field(default_factory=AugmentOptions)
    augment_kimg: float = 40.0  # probabilities rise to the full over these
    generator_channels: tuple[int, ...] = (256, 256, 128, 64)  # from 4×4 up
    last: str = "depth_to_space"  # how the generator doubles the last features, or "upsample"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("learning_rate")
        if not 0 <= self.decay_from < 1:
            raise BadOptions(f"decay_from is {self.decay_from}, but must be in [0, 1)")

    def networks(self, dataset: DatasetAbout) -> ResidualOptions:
        """Return the sizes of the generator that these options train on a data set."""
        return ResidualOptions(
            size_px=dataset.size_px,
            categories=len(dataset.categories),
            styles=len(dataset.styles),
            generator_channels=self.generator_channels,
            picture_channels=self.picture_channels,
            last=self.last,
        )

    def learning_rate_at(self, kimg: float) -> float:
        """A warm-up, constant, then a cosine down to the final rate at ``total_kimg`` and after."""
        share = min(1.0, kimg / self.total_kimg)
        if share <= self.decay_from:
            warmth = min(1.0, (kimg + 0.1) / self.warm_up_kimg) if self.warm_up_kimg else 1.0
            return self.learning_rate * warmth
        turn = (share - self.decay_from) / (1 - self.decay_from)
        low = self.final_learning_rate
        return low + (self.learning_rate - low) * (1 + math.cos(math.pi * turn)) / 2

    def projection_weight_at(self, kimg: float) -> float:
        """λ of the projection logit, 0 to 1."""
        return min(1.0, kimg / self.projection_kimg) if self.projection_kimg else 1.0

    def augment_strength_at(self, kimg: float) -> float:
        """What the probabilities of augmentation are multiplied by, 0 to 1."""
        return min(1.0, kimg / self.augment_kimg) if self.augment_kimg else 1.0

    def ema_decay_at(self, kimg: float) -> float:
        """Per-step decay whose half-life is min(``ema_kimg``, ``ema_share`` of what was seen)."""
        half_life = min(self.ema_kimg, self.ema_share * kimg)
        return float(0.5 ** (self.batch / 1000 / half_life)) if half_life > 0 else 0.0


@dataclass(frozen=True)
class PenalisedOptions(TrainingOptions):
    """And what methods with R1 + R2 have: the penalty's strength over the run."""

    gamma: float = 1.0
    final_gamma: float = 0.1
    gamma_kimg: float = 150.0
    penalty_every: int = 4  # steps between penalties, whose weight is multiplied by this

    def __post_init__(self) -> None:
        super().__post_init__()
        self.must_be_above_0("penalty_every")

    @property
    def cycle(self) -> int:
        return self.penalty_every

    def gamma_at(self, kimg: float) -> float:
        """From ``gamma`` to ``final_gamma``, geometrically over ``gamma_kimg``."""
        share = min(1.0, kimg / self.gamma_kimg) if self.gamma_kimg else 1.0
        return float(self.gamma ** (1 - share) * self.final_gamma**share)
