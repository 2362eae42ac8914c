"""CycleGAN for a processor and a file of a few megabytes: 64 px, 24 channels; made flat_3d/1.

Generators of 24 channels have a seventh of the weights; the discriminators have half the
channels and see patches of 34 px, about half a picture, as the paper's 70 px are of 128.
Enlarging by doubled pixels instead of transposed convolutions, which left a chequered texture over
every picture, and half the weight of the cycle, which else kept pictures as they were. The average
over the last kimg is what is drawn and exported, so that a run that is ended early gives steady
pictures. The rest is the recipe `cyclegan`.
"""

from gan.methods.cyclegan import Options

OPTIONS = Options(
    recipe="cyclegan-small",
    dataset="flat_3d-64",
    total_kimg=16.0,
    channels=24,
    discriminator_channels=32,
    upsampling="resize",
    halvings=2,
    cycle_weight=5.0,
    enlarge=1.0,
    ema_kimg=1.0,
)
