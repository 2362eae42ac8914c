"""SAGAN (Zhang et al. 2019), as told in "Advanced GANs": attention, spectral normalisation, hinge.

Kept: both networks at 128 px (see `gan.networks.sagan`), attention at 32×32 with a scale from 0,
spectral normalisation in generator and discriminator, conditional batch normalisation and
projection, hinge loss, one discriminator step to one of the generator, Adam with β (0, .9) at 1e-4
and 4e-4.

Attention is that of the authors' code, whose values have C/2 channels and whose keys and values
are pooled; the text has C channels and no pooling: --set attention=text. The text also has rates
of .001 and .003: --set generator_rate=1e-3 --set discriminator_rate=3e-3.

Different: batches of 64 instead of 256; 100,000 steps; categories are drawn by the square root of
their frequency, and generated pictures have the labels of the real ones beside them, where
ImageNet's classes are of equal size and drawn evenly; pictures are mirrored.
"""

from gan.methods.sagan import Options

OPTIONS = Options(recipe="sagan", dataset="emoji-128", total_kimg=6400.0)
