"""The shipped generator told which concept it draws, and taught to draw between two of them.

emoji/3 goes on, its 64 px before the upscaler, with discriminators that begin anew. Its numbers are
those of `emoji-projected` but for these.
"""

from gan.methods.concepts import Options
from gan.recipes.emoji_projected import OPTIONS as PROJECTED

OPTIONS = Options(
    **vars(PROJECTED)
    | {
        "recipe": "emoji-concepts",
        "method": "concepts",
        "start": "emoji/3",
        "total_kimg": 3000.0,
        "decay_from": 0.75,
    }
)
