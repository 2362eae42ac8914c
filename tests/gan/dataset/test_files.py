"""A data set on disk: comes back as it was; damage is one clear error."""

import dataclasses
import errno
import json
import resource
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest

from app import create_app
from core.settings import read_settings
from gan.dataset.files import (
    BadDataset,
    Dataset,
    read_dataset,
    read_description,
    summary_table,
    write_dataset,
)
from gan.dataset.place import find_dataset, is_there
from gan.recipes import read_recipe, recipe_names


def test_it_comes_back_as_it_was(tmp_path: Path, tiny_dataset: Dataset) -> None:
    write_dataset(tiny_dataset, tmp_path / "d")
    found = read_dataset(tmp_path / "d")
    for field in dataclasses.fields(Dataset):
        if field.name != "pictures":
            assert getattr(found, field.name) == getattr(tiny_dataset, field.name)
    np.testing.assert_array_equal(found.pictures, tiny_dataset.pictures)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d"]  # nothing temporary stays


def test_replacing_takes_the_place_of_the_old_one(tmp_path: Path, tiny_dataset: Dataset) -> None:
    write_dataset(tiny_dataset, tmp_path / "d")
    write_dataset(dataclasses.replace(tiny_dataset, name="new"), tmp_path / "d")
    assert read_dataset(tmp_path / "d").name == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d"]


def test_a_full_disk_is_an_error_with_a_number(tmp_path: Path, tiny_dataset: Dataset) -> None:
    """Commands say such an error in one line; NumPy's own, of a part that was written, has none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="No space left") as caught:
            write_dataset(tiny_dataset, tmp_path / "d")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.ENOSPC and not (tmp_path / "d").exists()


def damage_truncate(folder: Path) -> None:
    data = (folder / "pictures.npy").read_bytes()
    (folder / "pictures.npy").write_bytes(data[:-100])


def damage_fewer_records(folder: Path) -> None:
    lines = (folder / "records.jsonl").read_text().splitlines()
    (folder / "records.jsonl").write_text("\n".join(lines[:-1]))


def damage_record(folder: Path) -> None:
    (folder / "records.jsonl").write_text("{}\n")


def damage_category(folder: Path) -> None:
    text = (folder / "records.jsonl").read_text().replace('"c2"', '"c9"')
    (folder / "records.jsonl").write_text(text)


def damage_description(folder: Path) -> None:
    (folder / "dataset.json").write_text("{")


def damage_key(folder: Path) -> None:
    values = json.loads((folder / "dataset.json").read_text())
    del values["styles"]
    (folder / "dataset.json").write_text(json.dumps(values))


def damage_pictures(folder: Path) -> None:
    np.save(folder / "pictures.npy", np.zeros((30, 8, 8, 3), np.uint8))


@pytest.mark.parametrize(
    "damage",
    [
        damage_truncate, damage_fewer_records, damage_record, damage_category,
        damage_description, damage_key, damage_pictures,
    ],
)  # fmt: skip
def test_damage_is_one_clear_error(
    damage: Callable[[Path], None], tmp_path: Path, tiny_dataset: Dataset
) -> None:
    write_dataset(tiny_dataset, tmp_path / "d")
    damage(tmp_path / "d")
    with pytest.raises(BadDataset, match=r"cannot be read.*--replace"):
        read_dataset(tmp_path / "d")


def test_a_missing_one_says_how_to_make_it(tmp_path: Path, tiny_dataset: Dataset) -> None:
    assert read_description(tmp_path / "none") is None
    with pytest.raises(BadDataset, match="flask gan dataset emoji"):
        read_dataset(tmp_path / "none")
    write_dataset(tiny_dataset, tmp_path / "datasets" / "emoji-64")
    assert find_dataset(tmp_path, "emoji-64") == tmp_path / "datasets" / "emoji-64"
    for name, advice in {
        "emjoi-64": "did you mean emoji-64?",
        "emoji-128": "make it with: flask gan dataset emoji --size 128",
        "flat_3d-64": "fluent-emoji-flat fluent-emoji-3d --name flat_3d --dataset emoji-64",
        "pokemon-128": "flask gan dataset folder PATH --name pokemon --size 128; or choose another "
        "with --dataset, there are: emoji-64",
        "mine": "flask gan dataset folder PATH --name mine; or",
    }.items():
        with pytest.raises(BadDataset) as missing:
            find_dataset(tmp_path, name)
        assert advice in missing.value.hint


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipes_data_set_can_be_made_as_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadDataset) as missing:
        find_dataset(tmp_path, read_recipe(name).dataset)
    words = missing.value.hint.partition("flask ")[2].split()
    command: click.Command = create_app(read_settings({"SECRET_KEY": "test"})).cli
    with click.Context(command) as context:
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None
            command = found
        given = {"PATH": str(tmp_path)}
        command.make_parser(context).parse_args([given.get(word, word) for word in words])


def test_the_same_one_is_there_and_another_is_not_replaced_unasked(
    tmp_path: Path, tiny_dataset: Dataset
) -> None:
    folder = tmp_path / "d"
    assert not is_there(folder, "tiny", lambda about: about.name, replace=False)
    write_dataset(tiny_dataset, folder)
    assert is_there(folder, "tiny", lambda about: about.name, replace=False)
    assert not is_there(folder, "tiny", lambda about: about.name, replace=True)
    with pytest.raises(BadDataset, match="--replace"):
        is_there(folder, "other", lambda about: about.name, replace=False)


def test_the_table_counts_pictures_concepts_and_held_out(tiny_dataset: Dataset) -> None:
    lines = [line.split() for line in summary_table(tiny_dataset).splitlines()]
    assert lines[1] == ["c0", "15", "15", "3"]
    assert lines[-1] == ["total", "30", "30", "6"]
