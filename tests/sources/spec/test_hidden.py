"""Categories that a model hides, each with the reason; and what the shipped model's are called."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from core.settings import Settings
from gan.dataset.emoji.concepts import read_categories
from sources.registry import find_model
from sources.spec.description import BadModel, Model, read_model
from sources.spec.inputs import ModelCategory
from sources.spec.model_toml import parse_contents
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
PROJECT = Path(__file__).parents[3]
HIDDEN = {
    "office_supply", "remedy", "noisemaker", "sight", "curio", "meal", "fist", "work_of_art",
    "letter", "piece_of_tableware", "garment", "pointing_hand", "sport", "household_item",
    "lab_instrument", "feeling", "game", "tool", "gadget", "celebration", "vegetable", "asian_dish",
    "piece_of_music", "sea_creature", "telephone", "pair_of_hands", "body_part", "book", "drink",
    "bug", "aircraft", "sky", "sweet", "reptile", "lamp_or_camera", "form_of_money", "mammal",
    "athlete", "handball_player", "family", "landscape", "pen", "hand_sign",
}  # fmt: skip
# of emoji/1 to emoji/3: a category's place among them is part of its pictures' seeds, and the slug
# of their addresses
SLUGS_SHA256 = "d00a672238bc9fddff2036bcd6ec26d177bdbd8c4e81e4cfaad820ef037555cb"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    build_tiny_model(folder)
    return folder


def hat(models: Path, hidden: str) -> ModelCategory:
    """Return the tiny model's hat, of which model.toml says ``hidden``."""
    toml = models / "tiny" / "1" / "model.toml"
    text = toml.read_text(encoding="utf-8")
    assert 'slug = "hat"\n' in text
    said = text.replace('slug = "hat"\n', f'slug = "hat"\nhidden = {hidden}\n')
    return next(each for each in parse_contents(toml, said).categories if each.slug == "hat")


@pytest.mark.parametrize(
    ("said", "hidden", "why"),
    [
        ("true", True, ""),
        ("false", False, ""),
        ('"it draws \\"shoes\\""', True, 'it draws "shoes"'),
    ],
)
def test_a_reason_hides_as_true_does(models: Path, said: str, hidden: bool, why: str) -> None:
    found = hat(models, said)
    assert (found.hidden, found.why_hidden) == (hidden, why)


@pytest.mark.parametrize("said", ['""', '"  "', "1", "[true]"])
def test_what_is_neither_is_refused_with_its_line(models: Path, said: str) -> None:
    with pytest.raises(BadModel, match=r"line \d+: categories.hidden is .*, neither a reason") as e:
        hat(models, said)
    assert "write for example: hidden = " in e.value.hint


def test_the_owner_sees_which_and_why(flask_command: Flask, wgan: Path, tmp_path: Path) -> None:
    folder = str(shutil.copytree(wgan, tmp_path / "gan" / "1"))
    assert flask_command("models", "inspect", folder, "--write").exit_code == 0
    toml = Path(folder) / "model.toml"
    plain = flask_command("models", "inspect", folder).output
    assert "hides" not in plain
    categories = """
[[categories]]
label = 0
slug = "shoe"
hidden = "it draws hats"
[[categories]]
label = 1
slug = "glove"
hidden = true
[[categories]]
label = 2
slug = "hat"
"""
    toml.write_text(toml.read_text() + categories)
    shown = flask_command("models", "inspect", folder).output
    assert f"{toml} hides 2 categories:" in shown
    assert "shoe                 it draws hats\n" in shown
    assert "glove                no reason is given\n" in shown
    toml.write_text(toml.read_text().replace("it draws hats", " "))
    broken = flask_command("models", "inspect", folder)
    assert broken.exit_code == 0 and "categories.hidden is ' '" in broken.output


def test_the_list_counts_them(models: Path, settings: Settings, tmp_path: Path) -> None:
    own = Path(shutil.copytree(models, tmp_path / "own"))
    runner = create_app(replace(settings, models_folder=own)).test_cli_runner()
    assert "5 categories, " in runner.invoke(args=["models", "list"]).output
    toml = own / "tiny" / "1" / "model.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('slug = "hat"\n', 'slug = "hat"\nhidden = "why"\n'))
    assert "5 categories (1 hidden), " in runner.invoke(args=["models", "list"]).output


@pytest.fixture(scope="module")
def shipped() -> Model:
    return find_model(PROJECT / "models", "emoji")


def test_the_shipped_model_hides_what_it_cannot_draw(shipped: Model) -> None:
    hidden = {each.slug: each.why_hidden for each in shipped.categories if each.hidden}
    assert set(hidden) == HIDDEN
    assert all(len(why) > 20 for why in hidden.values())
    assert len(shipped.categories) - len(hidden) == 61


def test_its_slugs_and_their_order_stay(shipped: Model) -> None:
    labelled = shipped.categories[:74]
    slugs = "\n".join(each.slug for each in labelled)
    assert hashlib.sha256(slugs.encode()).hexdigest() == SLUGS_SHA256
    assert [each.label for each in labelled] == list(range(74))
    assert all(each.of for each in shipped.categories[74:])


def test_it_is_called_as_its_data_set_is(shipped: Model) -> None:
    named = {label.slug: label.name for label, _ in read_categories()}
    assert {each.slug: each.name for each in shipped.categories if not each.of} == named


def test_a_reason_changes_no_digest(models: Path, tmp_path: Path) -> None:
    folder = models / "tiny" / "1"
    other = tmp_path / "1"
    other.mkdir()
    text = (folder / "model.toml").read_text(encoding="utf-8")
    (other / "model.toml").write_text(
        text.replace('slug = "hat"\n', 'slug = "hat"\nhidden = "it draws shoes"\n')
    )
    (other / "model.tflite").write_bytes((folder / "model.tflite").read_bytes())
    assert read_model(other).digest == read_model(folder).digest
