"""Transparent pictures, judged in pretrained features; not yet what made a shipped model.

Projected GAN (Sauer et al. 2021) with a class-conditional residual generator, augmentation after
DiffAugment (Zhao et al. 2020), projection with a rising weight after "Collapse by Conditioning"
(Shahbazi et al. 2022). See `gan.networks.projected` for what differs from the paper.
"""

from gan.augment import AugmentOptions
from gan.methods.projected import Options

OPTIONS = Options(
    recipe="projected",
    method="projected",
    dataset="emoji-64",
    total_kimg=600.0,
    batch=16,
    learning_rate=2e-4,
    augment=AugmentOptions(shift_px=6),
    gamma=20.0,
    final_gamma=2.0,
    picture_channels=4,
    generator_channels=(256, 256, 128, 64),
    last="upsample",
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
