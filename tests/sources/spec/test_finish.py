"""[finish] in model.toml: what it may say, and that the digest covers it."""

import re
import shutil
from pathlib import Path

import pytest

from core.settings import PROJECT
from sources.spec.description import BadModel, Model, read_model

SHIPPED = PROJECT / "models" / "emoji" / "3"
# of the weights that emoji/2 shipped with, without a finish: the digest in its pictures
BEFORE = "48ce5d57f82150caa690f532d1353274871f0978e70c65fbdcc8dc30d5945bb3"
DIGEST = "6bb64c36ca10ac49045f1092be17903bf5ac1caeb9a7ad7de3c16f4a93ffd96e"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """emoji/3 without its SavedModel."""
    for name in ("model.toml", "model.tflite"):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def with_finish(folder: Path, table: str, **changed: str) -> Model:
    """Read the model with another [finish]; ``changed``: other values of keys before it."""
    path = folder / "model.toml"
    text = re.sub(
        r"\[finish\]\n.*?\n\n", table and f"[finish]\n{table}\n\n", path.read_text(), flags=re.S
    )
    for key, value in changed.items():
        text = re.sub(rf"^{key} = .*$", f"{key} = {value}", text, count=1, flags=re.M)
    path.write_text(text)
    return read_model(folder)


def test_the_shipped_model_has_a_finish_and_its_digest_is_known() -> None:
    model = read_model(SHIPPED)
    assert model.finish is not None and model.finish.channels == 4
    assert (model.size_px, model.stored_px) == (128, 512)
    assert model.digest == DIGEST


def test_a_model_without_one_keeps_its_digest(folder: Path) -> None:
    model = with_finish(folder, "")
    assert model.finish is None and model.stored_px == 128
    assert model.digest == BEFORE


@pytest.mark.parametrize(
    "table",
    [
        'name = "crisp"\nversion = 1\nsize_px = 256',
        'name = "crisp"\nversion = 1\nsize_px = 512\nparameters = { transparent = false }',
    ],
)
def test_all_of_it_is_in_the_digest(folder: Path, table: str) -> None:
    assert with_finish(folder, table).digest not in (BEFORE, DIGEST)


def test_what_is_the_default_may_be_left_out(folder: Path) -> None:
    assert with_finish(folder, 'name = "crisp"\nversion = 1\nsize_px = 512').digest == DIGEST


@pytest.mark.parametrize(
    ("table", "changed", "said"),
    [
        ('name = "crips"\nversion = 1\nsize_px = 512', {}, 'write for example: name = "crisp"'),
        ('name = "crisp"\nversion = 2\nsize_px = 512', {}, "has version 1 of the finish crisp"),
        ('name = "crisp"\nversion = 1\nsize_px = 4096', {}, "is 4096, not 128 to 2048"),
        ('name = "crisp"\nversion = 1\nsize_px = 16', {}, "is 16, not 128 to 2048"),
        ('name = "crisp"\nversion = 1\nsize_px = "512"', {}, "write: size_px = 512"),
        ('name = "crisp"\nversion = 1\nsize_px = 512\nsharp = 1', {}, "sharp means nothing"),
        (
            'name = "crisp"\nversion = 1\nsize_px = 512\nparameters = { transparent = 1 }',
            {},
            "not true or false",
        ),
        (
            'name = "crisp"\nversion = 1\nsize_px = 512\nparameters = { paper = true }',
            {},
            "paper means nothing",
        ),
        ('name = "crisp"\nversion = 1\nsize_px = 512', {"size_px": "16"}, "leave [finish] out"),
        ('name = "crisp"\nversion = 1\nsize_px = 512', {"size_px": "512"}, "leave [finish] out"),
        ('name = "crisp"\nversion = 1\nsize_px = 512', {"channels": "4"}, "leave [finish] out"),
    ],
)
def test_what_is_wrong_gets_one_line(
    folder: Path, table: str, changed: dict[str, str], said: str
) -> None:
    with pytest.raises(BadModel) as caught:
        with_finish(folder, table, **changed)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    # an inline table has no line of its own: its name says where it is
    assert re.search(r"model\.toml(, line \d+:|: finish\.parameters\.)", str(caught.value))
