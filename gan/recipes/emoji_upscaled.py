"""The pictures of a run of `emoji`, 64 px, at 128 px: a small network trained on real pictures."""

from gan.methods.upscaling import Options

OPTIONS = Options(
    recipe="emoji-upscaled",
    dataset="emoji-128",
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
