"""WGAN-GP (Gulrajani et al. 2017): WGAN with a penalty on the critic's gradient, not clipped.

Kept: λ 10, one point per sample at a uniform share between a real and a generated picture, no
batch normalisation in the critic, Adam 1e-4 with β (0, .9), 5 critic steps to one of the
generator throughout, batches of 64, z of 128 normal numbers, 200,000 generator steps.

Different: the networks are those of the `wgan` recipe, without the critic's normalisation and
with their initialisation, so that the two compare; a 1e-12 stands under the root of the norm.
"""

from gan.methods.wgan import Options

OPTIONS = Options(
    recipe="wgan-gp",
    dataset="pokemon-128",
    total_kimg=200_000 * 5 * 64 / 1000,
    learning_rate=1e-4,
    optimizer="adam",
    latent=128,
    latent_distribution="normal",
    first_steps=0,
    more_every=0,
    clip=0.0,
    penalty=10.0,
    critic_normalised=False,
)
