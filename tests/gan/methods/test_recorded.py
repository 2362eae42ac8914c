"""Options as runs recorded them, under the names that methods had then too."""

import json
from pathlib import Path

import pytest

from gan.methods import FORMER, NAMES, method_module
from gan.methods.recorded import check_continues, read_options, write_options
from gan.recipes import read_recipe, recipe_names


@pytest.mark.parametrize("recipe", recipe_names())
def test_every_recipe_is_read_again_and_continues(recipe: str, tmp_path: Path) -> None:
    options = read_recipe(recipe)
    write_options(tmp_path, options)
    begun = read_options(tmp_path)
    assert begun == options
    check_continues(begun, options, tmp_path)


@pytest.mark.parametrize(
    ("recipe", "former"),
    [("sagan", "hinge"), ("stylegan", "style"), ("wgan-gp", "wasserstein"),
     ("emoji-upscaled", "upscaling")],
)  # fmt: skip
def test_a_run_with_a_former_name_continues(recipe: str, former: str, tmp_path: Path) -> None:
    options = read_recipe(recipe)
    write_options(tmp_path, options)
    path = tmp_path / "training_options.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "method": former}))
    begun = read_options(tmp_path)
    assert begun == options
    check_continues(begun, options, tmp_path)
    assert method_module(former) is method_module(options.method)


def test_every_name_is_of_a_module_that_is_a_method() -> None:
    assert set(FORMER.values()) < set(NAMES)
    for name in NAMES:
        module = method_module(name)
        assert {"Options", "models", "build"} <= set(dir(module)), name
        assert module.Options(recipe="r", dataset="d").method == name
