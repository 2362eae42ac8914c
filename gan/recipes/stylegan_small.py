"""`stylegan` for a processor: a fifth of the channels, 64 px, grown within 60 kimg.

The penalty comes at every 4th step with fourfold weight, which saves a third of a step.
"""

from gan.methods.stylegan import Options

OPTIONS = Options(
    recipe="stylegan-small",
    dataset="emoji-64",
    total_kimg=640.0,
    learning_rate=2e-3,
    penalty_every=4,
    stage_kimg=10.0,
    fade_kimg=10.0,
    ema_kimg=5.0,
    latent=128,
    most_channels=96,
    channels_base=2048,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
