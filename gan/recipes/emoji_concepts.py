"""The shipped generator told which concept it draws, and taught to draw between two of them.

emoji/3 goes on, its 64 px before the upscaler, with discriminators that begin anew.
"""

from gan.methods.concepts import Options

OPTIONS = Options(
    recipe="emoji-concepts",
    dataset="emoji-64",
    start="emoji/3",
    total_kimg=3000.0,
    learning_rate=2e-4,
    decay_from=0.75,
    projection_kimg=0.0,
    augment_kimg=0.0,
    gamma=0.5,
    final_gamma=0.5,
    leave_out_styles=("streamline-emojis",),  # black line drawings; they lag far behind
    no_mirror=("clock", "piece_of_music"),  # what reads wrong in a mirror
)
