"""Class-conditional residual GAN at 64 px: relativistic pairing, R1 + R2; emoji/2 began so.

Loss and penalties after R3GAN (Huang et al. 2024), augmentation after DiffAugment (Zhao et al.
2020), projection with a rising weight after "Collapse by Conditioning" (Shahbazi et al. 2022).
Different from them: one simultaneous step, penalties every 4th step with fourfold weight, and
channels chosen for a CPU (2.9 GF per training picture).
"""

from gan.methods.relativistic import Options

OPTIONS = Options(
    recipe="emoji",
    dataset="emoji-64",
    total_kimg=660.0,
    # with 1.0 the discriminator told nearly all apart for the first 15 kimg, with 5.0 for 8
    gamma=5.0,
    final_gamma=0.5,
    gamma_kimg=300.0,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
