"""A run of `emoji` taken up, with discriminators of EfficientNet-lite0's features beside its own.

After Projected GANs (Sauer et al. 2021) and vision-aided training (Kumari et al. 2022).
"""

from gan.methods.projected import Options

OPTIONS = Options(
    recipe="emoji-projected",
    dataset="emoji-64",
    start="emoji",
    total_kimg=140.0,
    learning_rate=2e-4,
    projection_kimg=0.0,
    augment_kimg=0.0,
    gamma=0.5,
    final_gamma=0.5,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
