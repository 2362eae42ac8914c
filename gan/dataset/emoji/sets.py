"""The openly licensed emoji sets: where each comes from and which code points its icons draw.

Licences allow training and shipping of weights. OpenMoji and EmojiOne v1 (CC BY-SA) are not here.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class EmojiSet:
    """One drawing style: an npm package, its licence and whom to credit."""

    style: str
    package: str
    version: str
    licence: str
    credit: str
    url: str


NAMES_PACKAGE = ("emoji-datasource", "16.0.0")  # MIT: Unicode names and subcategories

EMOJI_SETS = (
    EmojiSet("noto", "@iconify-json/noto", "1.2.9", "Apache-2.0", "Google Inc",
             "https://github.com/googlefonts/noto-emoji"),
    EmojiSet("noto-v1", "@iconify-json/noto-v1", "1.2.5", "Apache-2.0", "Google Inc",
             "https://github.com/googlefonts/noto-emoji"),
    EmojiSet("fxemoji", "@iconify-json/fxemoji", "1.2.2", "Apache-2.0", "Mozilla",
             "https://github.com/mozilla/fxemoji"),
    EmojiSet("fluent-emoji", "@iconify-json/fluent-emoji", "1.2.7", "MIT",
             "Microsoft Corporation", "https://github.com/microsoft/fluentui-emoji"),
    EmojiSet("fluent-emoji-flat", "@iconify-json/fluent-emoji-flat", "1.2.6", "MIT",
             "Microsoft Corporation", "https://github.com/microsoft/fluentui-emoji"),
    EmojiSet("twemoji", "@iconify-json/twemoji", "1.2.5", "CC-BY-4.0", "Twitter",
             "https://github.com/jdecked/twemoji"),
    EmojiSet("emojione", "@iconify-json/emojione", "1.2.3", "CC-BY-4.0", "Emoji One",
             "https://github.com/EmojiTwo/emojitwo"),
    EmojiSet("streamline-emojis", "@iconify-json/streamline-emojis", "1.2.4", "CC-BY-4.0",
             "Streamline", "https://github.com/webalys-hq/streamline-vectors"),
    EmojiSet("fluent-emoji-3d", "@lobehub/fluent-emoji-3d", "1.1.0", "MIT",
             "Microsoft Corporation, packaged by LobeHub",
             "https://github.com/microsoft/fluentui-emoji"),
)  # fmt: skip


@dataclass(frozen=True)
class Icon:
    """One drawing: what it stands for and its source, SVG text or the bytes of a picture."""

    code_points: str
    source: str | bytes


def plain_code_points(code_points: str) -> str:
    """Return ``"1F3C3-200D-2640-FE0F"`` as ``"1f3c3-200d-2640"``: without variation selectors."""
    return "-".join(p for p in code_points.lower().split("-") if p != "fe0f")


def letters_of(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def names_to_code_points(
    emoji: list[dict[str, Any]], char_maps: list[dict[str, str]]
) -> dict[str, str]:
    """Return letters of a name → code points, from the sets that say so and Unicode's names.

    Three sets carry a map from code points to names; the others use the same names without one.
    """
    known = {plain_code_points(entry["unified"]) for entry in emoji}
    found: dict[str, str] = {}
    for char_map in char_maps:
        for code_points, name in char_map.items():
            if plain_code_points(code_points) in known:
                found.setdefault(letters_of(name), plain_code_points(code_points))
    for entry in emoji:
        for name in (entry["name"] or "", *entry["short_names"]):
            found.setdefault(letters_of(name), plain_code_points(entry["unified"]))
    return found


def svg_icons(package: Path, names: dict[str, str]) -> Iterator[Icon]:
    """Yield the icons of an IconifyJSON package whose name stands for an emoji."""
    sheet = json.loads((package / "icons.json").read_text(encoding="utf-8"))
    for name, icon in sheet["icons"].items():
        # "bird-1", "bird-2": several drawings of one emoji
        letters = letters_of(name)
        code_points = names.get(letters) or names.get(letters_of(re.sub(r"-\d$", "", name)))
        if code_points is None:
            continue
        left, top = icon.get("left", 0), icon.get("top", 0)
        width = icon.get("width", sheet.get("width", 16))
        height = icon.get("height", sheet.get("height", 16))
        yield Icon(
            code_points,
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>',
        )


def picture_icons(package: Path, known: set[str]) -> Iterator[Icon]:
    """Yield the icons of a package of picture files named by code points."""
    for path in sorted((package / "assets").iterdir()):
        code_points = plain_code_points(path.stem)
        if code_points in known:
            yield Icon(code_points, path.read_bytes())
