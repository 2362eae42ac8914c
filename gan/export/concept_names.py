"""Names of emoji in many languages, from Unicode's annotations, for the concepts of a model.

The packages are fetched by npm (11 MB) and kept; what is written is their names of a model's
concepts alone, with Unicode's licence.
"""

import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from core.concept_names import FILE, IDS, LANGUAGES, LICENCE
from core.files import write_durably
from core.npm import fetch_package
from sources.curators.concepts import CONCEPTS, read_concepts
from sources.curators.curator import FOLDER

# with the names of single characters, and of sequences
PACKAGES = (
    ("cldr-annotations-full", "48.2.0", "annotations"),
    ("cldr-annotations-derived-full", "48.2.0", "annotationsDerived"),
)
CACHE = "unicode"  # in the project's home; of packages in npm/ others may have unpacked a part
_LEFT_OUT = (0xFE0F, 0x200D)  # as concepts leave them out
_MOMENT = (2020, 1, 1, 0, 0, 0)  # so that the same names give the same bytes


def name_concepts(model: Path, home: Path, echo: Callable[[str], None]) -> int:
    """Write the names of the concepts of a model's curator; return how many have one."""
    concepts = read_concepts(model / FOLDER / CONCEPTS)
    return write_names(concepts.ids.tolist(), model, home, echo) if concepts else 0


def write_names(
    concepts: Iterable[str], model: Path, home: Path, echo: Callable[[str], None]
) -> int:
    """Write a model's names.zip with the licence beside it; return how many concepts it names.

    Without emoji among the concepts nothing is written. Raises `NpmFailed`, OSError.
    """
    emoji = sorted({concept for concept in concepts if is_emoji(concept)})
    if not emoji:
        return 0
    folders = []
    for package, version, part in PACKAGES:
        echo(f"fetching {package} {version} (Unicode-3.0)")
        folders.append((fetch_package(package, version, home / CACHE), part))
    english = read_names(folders, "en")
    ids = [concept for concept in emoji if concept in english]
    tables = {"en": english} | {each: read_names(folders, each) for each in sorted(LANGUAGES)}
    path = model / FILE
    half = model / f".tmp-{FILE}"
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as kept:
            _add(kept, IDS, ids)
            for language, table in tables.items():
                _add(kept, f"{language}.json", [table.get(each, english[each]) for each in ids])
        data = half.read_bytes()
    finally:
        half.unlink(missing_ok=True)
    write_durably(path, data)
    write_durably(model / LICENCE, (folders[0][0] / "LICENSE").read_bytes())
    return len(ids)


def is_emoji(concept: str) -> bool:
    """Say whether a concept is code points, and not the digest or name of a file."""
    parts = concept.split("-")
    try:
        return all(0x80 < int(part, 16) < 0x110000 for part in parts)
    except ValueError:
        return False


def read_names(folders: Iterable[tuple[Path, str]], language: str) -> dict[str, str]:
    """Return concept → name in a language; none where Unicode has not this language."""
    names = {}
    for folder, part in folders:
        path = folder / part / language / "annotations.json"
        if not path.is_file():
            continue
        found = json.loads(path.read_text(encoding="utf-8"))[part]["annotations"]
        for characters, annotation in found.items():
            if spoken := annotation.get("tts"):
                points = [f"{ord(c):x}" for c in characters if ord(c) not in _LEFT_OUT]
                names["-".join(points)] = spoken[0]
    return names


def _add(kept: zipfile.ZipFile, name: str, names: list[str]) -> None:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    kept.writestr(entry, json.dumps(names, ensure_ascii=False, separators=(",", ":")))
