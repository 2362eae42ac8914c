"""Options of a run that takes seconds."""

from gan.methods.relativistic import Options

TINY = Options(
    recipe="tiny",
    dataset="tiny-8",
    total_kimg=0.048,
    batch=8,
    penalty_every=2,
    warm_up_kimg=0.0,
    projection_kimg=0.02,
    gamma_kimg=0.03,
    augment_kimg=0.02,
    generator_channels=(8,),
    discriminator_channels=(8,),
)
