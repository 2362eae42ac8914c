"""Whether a picture's file is there: single ones may have been deleted by hand.

In a folder that is one system call. A bucket would have to be asked over the network for every
page, so there the index is believed: nobody deletes there by hand, and `flask verify` tells.
"""

import os
from collections.abc import Callable
from typing import Any

from core.settings import Settings


def stored_check(settings: Settings) -> Callable[[Any], bool]:
    """Return what says whether the file of a `Picture` or an `Entry` is in the store."""
    if settings.store_url:
        return lambda picture: True  # noqa: ARG005
    folder = os.fspath(settings.images_folder)

    def is_stored(picture: Any) -> bool:
        # a Path would take three times as long
        return os.path.isfile(f"{folder}/{picture.category}/{picture.file}")  # noqa: PTH113

    return is_stored
