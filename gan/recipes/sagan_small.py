"""`sagan` for a processor: an eighth of the channels, 64 px, and an average that is drawn."""

from gan.methods.sagan import Options

OPTIONS = Options(
    recipe="sagan-small",
    dataset="emoji-64",
    total_kimg=640.0,
    batch=32,
    width=12,
    ema_kimg=5.0,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
