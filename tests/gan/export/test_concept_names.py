"""Names of concepts come from Unicode's annotations, and nothing but the concepts' names."""

import json
import zipfile
from pathlib import Path

import numpy as np

from core.concept_names import FILE, IDS, LANGUAGES, LICENCE, ConceptNames
from gan.export.concept_names import CACHE, PACKAGES, is_emoji, name_concepts
from sources.curators.concepts import CONCEPTS, Concepts, write_concepts
from sources.curators.curator import FOLDER

ENGLISH = {"🦆": "duck", "🧑‍💻": "technologist", "❤️": "red heart", "🐉": "dragon"}
GERMAN = {"🦆": "Ente", "🧑‍💻": "Technologe(in)"}


def unpacked(home: Path) -> None:
    """Lay both packages where npm's are kept, with annotations of two languages."""
    for package, version, part in PACKAGES:
        folder = home / CACHE / f"{package}-{version}"
        is_sequences = part.endswith("Derived")
        for language, names in (("en", ENGLISH), ("de", GERMAN)):
            kept = {
                characters: {"default": [name], "tts": [name]}
                for characters, name in names.items()
                if ("\u200d" in characters) == is_sequences
            }
            place = folder / part / language
            place.mkdir(parents=True)
            text = json.dumps({part: {"identity": {}, "annotations": kept}})
            (place / "annotations.json").write_text(text, encoding="utf-8")
        (folder / "package.json").write_text("{}")
        (folder / "LICENSE").write_text("UNICODE LICENSE V3")


def a_model(folder: Path, ids: list[str]) -> Path:
    (folder / FOLDER).mkdir(parents=True)
    plain = np.zeros((len(ids), 2), np.float32)
    table = Concepts(np.array(ids), np.array(["bird"] * len(ids)), np.eye(2), plain)
    with (folder / FOLDER / CONCEPTS).open("wb") as file:
        write_concepts(table, file)
    return folder


def test_every_language_names_the_concepts_and_english_what_it_lacks(tmp_path: Path) -> None:
    unpacked(tmp_path / "home")
    ids = ["1f986", "1f9d1-1f4bb", "2764", "1f986", "1f00d"]
    model = a_model(tmp_path / "m" / "1", ids)
    assert name_concepts(model, tmp_path / "home", print) == 3
    with zipfile.ZipFile(model / FILE) as kept:
        assert json.loads(kept.read(IDS)) == ["1f986", "1f9d1-1f4bb", "2764"]
        assert {*kept.namelist()} == {IDS, *(f"{each}.json" for each in LANGUAGES)}
    assert "UNICODE" in (model / LICENCE).read_text()
    names = ConceptNames(tmp_path)
    assert names.of("m/1", "1f986 2764", "de_DE") == ["Ente", "red heart"]
    assert names.of("m/1", "1f9d1-1f4bb", "fr_FR") == ["technologist"]
    once = (model / FILE).read_bytes()
    name_concepts(model, tmp_path / "home", print)
    assert (model / FILE).read_bytes() == once


def test_concepts_that_are_no_emoji_have_no_names(tmp_path: Path) -> None:
    model = a_model(tmp_path / "m" / "1", ["0f1e2d3c4b5a6978", "monster-3"])
    assert name_concepts(model, tmp_path / "home", print) == 0  # nothing is fetched
    assert not (model / FILE).exists()
    assert is_emoji("1f9d1-1f4bb")
    assert not is_emoji("20")
    assert name_concepts(tmp_path / "none", tmp_path / "home", print) == 0
