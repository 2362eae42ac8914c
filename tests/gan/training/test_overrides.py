"""--set NAME=VALUE: read as the option's type, refused in one line otherwise."""

import dataclasses

import pytest

from core.errors import NonesuchError
from gan.methods.wgan import Options
from gan.training.overrides import check_names, override_options
from tests.gan.conftest import make_dataset

BEGUN = Options(recipe="r", dataset="d")


def test_values_are_read_as_the_options_type() -> None:
    found = override_options(
        BEGUN,
        ["learning_rate=1e-4", "critic_steps=3", "critic_normalised=false", "betas=0.5,0.9",
         "leave_out_styles=flat,round", "optimizer=adam"],
    )  # fmt: skip
    assert found == dataclasses.replace(
        BEGUN, learning_rate=1e-4, critic_steps=3, critic_normalised=False, betas=(0.5, 0.9),
        leave_out_styles=("flat", "round"), optimizer="adam",
    )  # fmt: skip
    assert override_options(BEGUN, []) == BEGUN


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("no_mirror=c0,coyn", "has no category 'coyn' for --set no_mirror; there are: c0, c1, c2"),
        ("no_mirror=c_1", "has no category 'c_1' for --set no_mirror; did you mean c1?"),
        ("leave_out_styles=nope", "has no style 'nope' for --set leave_out_styles; there are: "),
    ],
)
def test_names_that_a_data_set_lacks_are_refused(change: str, message: str) -> None:
    options = override_options(BEGUN, [change])
    with pytest.raises(NonesuchError) as caught:
        check_names(options, [change], make_dataset())
    assert message in str(caught.value)


def test_names_that_it_has_or_that_the_recipe_says_are_taken() -> None:
    recipe = dataclasses.replace(BEGUN, no_mirror=("clock",), leave_out_styles=("thin",))
    check_names(recipe, [], make_dataset())
    for change in ("no_mirror=*", "no_mirror=c0,c2", "leave_out_styles=flat"):
        check_names(override_options(recipe, [change]), [change], make_dataset())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("learning_rate", "has no ="),
        ("learning_rat=1", "did you mean learning_rate"),
        ("critic_steps=2.5", "is not a whole number"),
        ("learning_rate=fast", "is not a number"),
        ("critic_normalised=1", "is not true or false"),
        ("recipe=x", "has no option 'recipe'"),
        ("clip=-1", "clip is -1.0"),
        ("optimizer=sgd", "not rmsprop or adam"),
        ("penalty=10", "batch normalisation mixes"),
    ],
)
def test_what_is_wrong_is_said(change: str, message: str) -> None:
    with pytest.raises(NonesuchError) as caught:
        override_options(BEGUN, [change])
    assert message in str(caught.value)
