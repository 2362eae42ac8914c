"""WGAN as in "Pokemon Generation using WGans", 128 px; any power of two from 8 px on.

Kept: both networks (see `gan.networks.wgan`), z of 100 uniform numbers in [-1, 1],
truncated normal initialisation of .02, batch normalisation with a decay of .9, ε 1e-5 and no
scale, RMSProp 2e-4 as TensorFlow 1 had it, all the critic's variables clipped to ±.01 before each
of its steps (so that they are not while the generator moves), 5 critic steps, 25 during the first
25 and at every 500th generator step, batches of 64, passes over shuffled pictures, 127,000
generator steps (1,000 epochs of 127).

Different: pictures are mirrored as they are drawn, where the document stores mirrored copies;
`flask gan dataset folder --rotations 4 --mirror` makes its ×10 (turned by up to 15°, since it does
not say how far); a pass that ends within a batch is filled from the next, where the document drops
the rest; resizing is Lanczos, not bicubic. Colours stay in their order (the document swaps red
and blue of pictures that were RGB already) and are clipped when saved (it takes them modulo 256).
It checkpoints and draws by time, not every 40 epochs.
"""

from gan.methods.wgan import Options

EPOCHS, STEPS_OF_AN_EPOCH = 1000, 127
_ANY_LENGTH = Options(recipe="wgan", dataset="pokemon-128")

OPTIONS = Options(
    recipe="wgan",
    dataset="pokemon-128",
    total_kimg=_ANY_LENGTH.pictures_seen(EPOCHS * STEPS_OF_AN_EPOCH) / 1000,
)
