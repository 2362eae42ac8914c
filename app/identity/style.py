"""The owner's colours and typefaces as CSS, which goes behind the site's own style sheet."""

from app.identity.contrast import BLACK, WHITE, mix
from app.identity.identity import Colours, Identity, Palette, Typefaces

# by which `app.http.static_files` knows the files of an owner
FACE_FILES = {"title": "own-title.woff2", "title_italic": "own-title-italic.woff2",
              "text": "own-text.woff2"}  # fmt: skip


def style_of(identity: Identity) -> str:
    """Return CSS; nothing where the owner changes nothing."""
    return _colours(identity.colours) + _typefaces(identity.typefaces)


def _colours(colours: Colours) -> str:
    if colours.hue is not None:
        return f":root {{ --hue: {colours.hue}; }}\n"
    if colours.palette is None:
        return ""
    # who asks for more contrast has the system's colours
    text = f"@media not (prefers-contrast: more) {{\n{_root(colours.palette)}}}\n"
    if colours.dark is not None:
        text += (
            "@media (prefers-color-scheme: dark) and (not (prefers-contrast: more)) {\n"
            f"{_root(colours.dark)}}}\n"
        )
    return text


def _root(palette: Palette) -> str:
    shade, share = (BLACK, "a6") if palette.is_dark else (palette.ink, "38")
    values = {
        "color-scheme": "dark" if palette.is_dark else "light",
        "--wall": palette.wall,
        "--wall-high": palette.wall_high,
        "--ink": palette.ink,
        "--muted": palette.muted,
        "--accent": palette.accent,
        "--on-accent": palette.on_accent,
        "--rule": f"{palette.ink}2f",
        "--shade": f"{shade}{share}",
        "--plinth": mix(palette.wall, palette.ink, 0.06),
        "--plinth-top": mix(palette.wall, WHITE, 0.2 if palette.is_dark else 0.6),
        "--light": f"{mix(palette.wall, WHITE, 0.5)}8c" if palette.is_dark else f"{WHITE}e6",
    }
    lines = "".join(f"    {name}: {value};\n" for name, value in values.items())
    return f"  :root {{\n{lines}  }}\n"


def _typefaces(faces: Typefaces) -> str:
    text, families = "", dict[str, str]()
    for key, style, family in (
        ("title", "normal", "Owner"), ("title_italic", "italic", "Owner"),
        ("text", "normal", "Owner text"),
    ):  # fmt: skip
        face = getattr(faces, key)
        if face is None:
            continue
        if face.file is None:
            families.setdefault(family, face.families)
        else:
            families[family] = f'"{family}"'
            display = "swap" if key == "text" else "optional"
            # text in a file of its own is shown as soon as it is there: no other has its letters
            text += (
                f'@font-face {{ font-family: "{family}"; src: url({FACE_FILES[key]}); '
                f"font-style: {style}; font-display: {display}; }}\n"
            )
    names = {"--serif": ("Owner", "Georgia, serif"), "--sans": ("Owner text", "sans-serif")}
    values = "".join(
        f"  {name}: {families[family]}, {rest};\n"
        for name, (family, rest) in names.items()
        if family in families
    )
    return text + (f":root {{\n{values}}}\n" if values else "")
