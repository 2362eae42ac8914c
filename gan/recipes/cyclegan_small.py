"""CycleGAN of half the width, for a CPU and for a file of a few megabytes.

Generators of 32 channels have a quarter of the weights and of the work; so have the
discriminators. The average over the last 2 kimg is what is drawn and exported, so that a run
that is ended early gives steady pictures. The rest is the recipe `cyclegan`.
"""

from gan.methods.cyclegan import Options

OPTIONS = Options(
    recipe="cyclegan-small",
    dataset="flat_3d-128",
    total_kimg=40.0,
    channels=32,
    discriminator_channels=32,
    enlarge=1.0,
    ema_kimg=1.0,
)
