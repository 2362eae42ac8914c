"""Generators on a server: the same pictures by every way, one clear line for every error."""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from core.errors import NonesuchError
from core.settings import Settings
from sources.registry import find_model, open_source
from sources.runtimes.latents import draw
from sources.runtimes.pixels import BrokenModel
from sources.serving.address import Address, BadAddress, as_text, parse_address
from sources.serving.connect import connect
from sources.serving.errors import (
    BadAnswer,
    CallRefused,
    NotServed,
    ServingError,
    TooSlow,
    Unreachable,
)
from sources.serving.server import patiently
from sources.spec.description import BadModel, Model
from store.formats.metadata import read_provenance
from tests.servers.ports import free_port
from tests.sources.serving.models import CATEGORIES, build_generator
from tests.sources.serving.servables import Code, Fault, Servables
from tests.sources.serving.standin import StandIn, standing_in

# of uint8 levels. By gRPC the numbers are the SavedModel's own; by REST the server rounds them
# when it makes the PNG, in an order of its own
TOLERANCE = {"tfserving": 1, "grpc": 0}


def pictures_of(model: Model, seeds: range, truncation: float = 0.5) -> np.ndarray:
    draws = [draw(model, seed, (truncation, truncation)) for seed in seeds]
    return open_source(model, 1).generate(1, draws)


@pytest.fixture(params=["tfserving", "grpc"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def address(standin: StandIn, scheme: str, rest: str) -> str:
    return standin.rest(rest) if scheme == "tfserving" else standin.grpc(rest)


@pytest.mark.parametrize("name", ["tiny", "scalar"])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_the_same_seeds_give_the_same_pictures(
    standin: StandIn, served_models: Path, scheme: str, name: str, count: int
) -> None:
    local = find_model(served_models, name)
    served = find_model(served_models, address(standin, scheme, name))
    expected = pictures_of(local, range(count))
    found = pictures_of(served, range(count))
    assert found.shape == expected.shape == (count, 16, 16, 3) and found.dtype == np.uint8
    assert len({picture.tobytes() for picture in found}) == count
    apart = np.abs(found.astype(int) - expected)
    assert apart.max() <= (TOLERANCE[scheme] if name == "tiny" else 0)
    assert apart.mean() < 0.01


def test_a_served_model_is_described_by_what_is_known_here(
    standin: StandIn, served_models: Path, scheme: str
) -> None:
    local = find_model(served_models, "tiny")
    served = find_model(served_models, address(standin, scheme, "tiny"))
    assert served.categories == local.categories and served.inputs == local.inputs
    assert served.label == "tiny/1" and served.digest != local.digest
    again = find_model(served_models, address(standin, scheme, "tiny/1") + "?deadline=5&tries=2")
    assert again.digest == served.digest  # patience is no part of a picture


def test_png_is_asked_for_where_there_is_one(
    standin: StandIn, served_models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    predict = standin.servables.predict

    def noting(request: Any) -> Any:
        asked.append(request.model_spec.signature_name)
        return predict(request)

    monkeypatch.setattr(standin.servables, "predict", noting)
    pictures_of(find_model(served_models, standin.rest("tiny")), range(2))
    pictures_of(find_model(served_models, standin.rest("scalar")), range(2))
    assert asked == ["png", "serving_default"]


def test_without_a_model_toml_one_is_proposed(
    standin: StandIn, tmp_path: Path, scheme: str
) -> None:
    model = find_model(tmp_path, address(standin, scheme, "tiny"))
    assert (model.name, model.version, model.size_px) == ("tiny", 1, 16)
    assert [category.slug for category in model.categories] == [
        f"category_{i}" for i in range(len(CATEGORIES))
    ]
    assert pictures_of(model, range(3)).shape == (3, 16, 16, 3)


def test_a_model_toml_of_ones_own(
    standin: StandIn, served_models: Path, tmp_path: Path, scheme: str
) -> None:
    text = (served_models / "tiny" / "1" / "model.toml").read_text()
    (tmp_path / "mine.toml").write_text(text.replace('"hat"', '"helmet"'))
    own = f"?toml={tmp_path / 'mine.toml'}"
    model = find_model(tmp_path, address(standin, scheme, "tiny") + own)
    assert [category.slug for category in model.categories] == ["mammal", "helmet", "drink"]
    assert pictures_of(model, range(2)).shape == (2, 16, 16, 3)
    with pytest.raises(BadModel, match=r"no model\.toml"):
        find_model(tmp_path, address(standin, scheme, "tiny") + f"?toml={tmp_path / 'none'}")


def test_a_model_toml_that_does_not_fit_is_named(
    standin: StandIn, served_models: Path, tmp_path: Path
) -> None:
    text = (served_models / "tiny" / "1" / "model.toml").read_text()
    (tmp_path / "model.toml").write_text(text.replace("width = 12", "width = 13"))
    model = find_model(tmp_path, standin.rest(f"tiny?toml={tmp_path}"))
    with pytest.raises(BadModel, match=r"\[inputs\.latent\] width = 12"):
        open_source(model, 1)


def test_the_newest_version_and_each_by_its_number(tmp_path: Path, scheme: str) -> None:
    build_generator(tmp_path / "models", "tiny", 1)
    build_generator(tmp_path / "models", "tiny", 3, weights=3)
    with standing_in(tmp_path / "models") as server:
        newest = find_model(tmp_path, address(server, scheme, "tiny"))
        first = find_model(tmp_path, address(server, scheme, "tiny/1"))
        assert (newest.version, first.version) == (3, 1)
        assert newest.digest != first.digest
        one, other = pictures_of(first, range(2)), pictures_of(newest, range(2))
        assert (one != other).any()
        # what was described as version 3 is asked of version 3, whatever comes later
        source = open_source(newest, 1)
        server.servables.unload("tiny", 3)
        with pytest.raises(NotServed, match=r"Specific\(tiny, 3\)"):
            source.generate(0, [draw(newest, 1, (0.5, 0.5))])


@pytest.mark.parametrize(
    ("rest", "error", "message"),
    [
        ("tinny", NotServed, r"tinny is not served \(.*Latest\(tinny\)\)"),
        ("tiny/7", NotServed, r"Specific\(tiny, 7\)"),
    ],
)
def test_what_is_not_there(
    standin: StandIn, tmp_path: Path, scheme: str, rest: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        find_model(tmp_path, address(standin, scheme, rest))


def test_what_the_signature_does_not_take(standin: StandIn, scheme: str) -> None:
    server = connect(parse_address(address(standin, scheme, "tiny")))
    signature = server.signatures()[1]["serving_default"]
    with pytest.raises(CallRefused, match=r"refuses the call \(.*category"):
        server.predict(signature, {"latent": np.zeros((1, 12), np.float32)})
    right = {
        "latent": np.zeros((1, 12), np.float32),
        "category": np.zeros((1, 3), np.float32),
        "truncation": np.zeros(1, np.float32),
    }
    assert server.predict(signature, right)["picture"].shape == (1, 16, 16, 3)
    with pytest.raises(CallRefused):
        server.predict(signature, {**right, "latent": np.zeros((1, 13), np.float32)})


def test_nobody_there(tmp_path: Path, scheme: str) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match="cannot be reached") as raised:
        find_model(tmp_path, f"{scheme}://127.0.0.1:{free_port()}/tiny?tries=2")
    assert "is the server up" in raised.value.hint
    assert time.monotonic() - started < 20
    with pytest.raises(Unreachable):
        find_model(tmp_path, f"{scheme}://nowhere.invalid:1/tiny?tries=1&deadline=5")


def test_the_other_ports_scheme(standin: StandIn, tmp_path: Path) -> None:
    with pytest.raises((BadAnswer, Unreachable)) as raised:
        find_model(tmp_path, f"tfserving://127.0.0.1:{standin.grpc_port}/tiny?tries=1")
    assert "8501" in raised.value.hint
    with pytest.raises(ServingError):
        find_model(tmp_path, f"grpc://127.0.0.1:{standin.rest_port}/tiny?tries=1&deadline=5")


@pytest.mark.parametrize(("times", "succeeds"), [(2, True), (3, False)])
def test_unavailable_is_tried_again_with_growing_pauses(
    standin: StandIn,
    served_models: Path,
    scheme: str,
    times: int,
    succeeds: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = find_model(served_models, address(standin, scheme, "tiny") + "?tries=3")
    source = open_source(model, 1)
    seen: list[float] = []

    def away() -> None:
        seen.append(time.monotonic())
        raise Fault(Code.UNAVAILABLE, "the model is being loaded")

    monkeypatch.setattr(standin.servables, "ahead", [away] * times)
    one = [draw(model, 1, (0.5, 0.5))]
    if succeeds:
        assert source.generate(0, one).shape == (1, 16, 16, 3)
    else:
        with pytest.raises(Unreachable, match="the model is being loaded"):
            source.generate(0, one)
        assert 0.2 < seen[1] - seen[0] < seen[2] - seen[1]
    assert len(seen) == times


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (Code.INVALID_ARGUMENT, CallRefused),
        (Code.NOT_FOUND, NotServed),
        (Code.INTERNAL, ServingError),
        (Code.RESOURCE_EXHAUSTED, ServingError),
    ],
)
def test_nothing_else_is_tried_again(
    standin: StandIn,
    served_models: Path,
    scheme: str,
    code: Code,
    error: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = find_model(served_models, address(standin, scheme, "tiny"))
    source = open_source(model, 1)
    calls = []

    def fails() -> None:
        calls.append(1)
        raise Fault(code, "said by the server\nin two lines")

    monkeypatch.setattr(standin.servables, "ahead", [fails] * 5)
    with pytest.raises(error, match="said by the server") as raised:
        source.generate(0, [draw(model, 1, (0.5, 0.5))])
    assert type(raised.value) is error and len(calls) == 1
    assert "\n" not in str(raised.value)


def test_an_answer_that_takes_too_long(
    standin: StandIn, served_models: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = find_model(served_models, address(standin, scheme, "tiny"))
    source = open_source(model, 1)
    server = source._server  # type: ignore[attr-defined]
    server.address = replace(server.address, deadline_s=0.5)  # for the picture alone
    monkeypatch.setattr(standin.servables, "ahead", [lambda: time.sleep(3)])
    started = time.monotonic()
    with pytest.raises(TooSlow, match=r"gave no answer in 0\.5 s"):
        source.generate(0, [draw(model, 1, (0.5, 0.5))])
    assert time.monotonic() - started < 2.5


def test_patience_keeps_to_the_deadline() -> None:
    where = replace(parse_address("tfserving://localhost/x"), deadline_s=0.6, tries=50)
    left: list[float] = []

    def away(seconds: float) -> None:
        left.append(seconds)
        raise Unreachable("away")

    started = time.monotonic()
    with pytest.raises(Unreachable):
        patiently(away, where)
    assert time.monotonic() - started < 0.6 and len(left) == 2
    assert left == sorted(left, reverse=True) and left[0] <= 0.6


@pytest.mark.parametrize("contrast", [float("nan"), 0.0])
def test_a_broken_model_on_a_server(tmp_path: Path, scheme: str, contrast: float) -> None:
    build_generator(tmp_path / "models", contrast=contrast)
    with standing_in(tmp_path / "models") as server:
        model = find_model(tmp_path / "models", address(server, scheme, "tiny"))
        with pytest.raises(BrokenModel):
            pictures_of(model, range(2))


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8501/tiny",
        "tfserving://localhost:8501",
        "tfserving://localhost:8501/",
        "tfserving://:8501/tiny",
        "tfserving://localhost:port/tiny",
        "tfserving://localhost:99999/tiny",
        "tfserving://localhost/tiny/one",
        "tfserving://localhost/tiny/1/2",
        "tfserving://localhost/tiny?patience=3",
        "tfserving://localhost/tiny?deadline=0",
        "tfserving://localhost/tiny?deadline=nan",
        "tfserving://localhost/tiny?tries=x",
        "tfserving://localhost/tiny?tls=yes",
    ],
)
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(BadAddress) as raised:
        parse_address(text)
    assert raised.value.hint


def test_addresses() -> None:
    assert parse_address("tfserving://localhost/emoji") == Address(
        "tfserving", "localhost", 8501, "emoji", None
    )
    assert parse_address("grpc://[::1]:90/emoji/versions/3/").version == 3
    full = parse_address("grpc://h:1/m/2?tls=1&deadline=5&tries=2&toml=/a b/model.toml")
    assert (full.tls, full.deadline_s, full.tries, full.toml) == (True, 5.0, 2, "/a b/model.toml")
    assert parse_address(as_text(full)) == full
    assert str(full) == "grpc://h:1/m/2"


# the whole command


def images(settings: Settings) -> dict[str, Image.Image]:
    found: dict[str, Image.Image] = {}
    for path in sorted(settings.images_folder.rglob("*.png")):
        with Image.open(path) as image:
            image.load()
            found[f"{path.parent.name}/{path.name.partition('-')[0]}"] = image
    return found


WORDS = ["--categories", "2", "--samples", "6", "--format", "png"]


def test_pregen_by_every_way(
    standin: StandIn,
    settings: Settings,
    flask_command: Callable[..., Result],
) -> None:
    made = {}
    for name in ("tiny", standin.rest("tiny"), standin.grpc("tiny")):
        shutil.rmtree(settings.images_folder, ignore_errors=True)
        shutil.rmtree(settings.instance_folder, ignore_errors=True)
        done = flask_command("pregen", "--model", name, *WORDS)
        assert done.exit_code == 0, done.output
        made[name] = images(settings)
        again = flask_command("pregen", "--model", name, *WORDS)
        assert "nothing to do: 12 pictures are there" in again.output
    local, by_rest, by_grpc = made.values()
    assert len(local) == 12 and list(local) == list(by_rest) == list(by_grpc)
    for key, picture in local.items():
        pixels = np.asarray(picture).astype(int)
        assert np.abs(pixels - np.asarray(by_rest[key])).max() <= TOLERANCE["tfserving"]
        assert (pixels == np.asarray(by_grpc[key])).all()
        origin = read_provenance(by_rest[key])
        assert origin is not None and origin.model == "tiny/1"


def test_a_server_that_dies_in_the_middle(
    settings: Settings, served_models: Path, scheme: str, flask_command: Callable[..., Result]
) -> None:
    words = ["--categories", "3", "--samples", "24", "--format", "png"]
    with standing_in(served_models) as server:
        where = address(server, scheme, "tiny") + "?tries=2&deadline=5"
        predict, calls = server.servables.predict, []

        def dying(request: Any) -> Any:
            calls.append(1)
            if len(calls) > 4:
                raise Fault(Code.UNAVAILABLE, "shutting down")
            return predict(request)

        server.servables.predict = dying  # type: ignore[method-assign]
        done = flask_command("pregen", "--model", where, *words)
        assert done.exit_code == 1 and "cannot be reached" in done.output
        assert "Traceback" not in done.output
        some = len(images(settings))
        assert some == 32  # four batches
        server.servables.predict = predict  # type: ignore[method-assign]
        done = flask_command("pregen", "--model", where, *words)
        assert done.exit_code == 0, done.output
        assert f"{some} were there" in done.output and len(images(settings)) == 72


def test_a_server_that_comes_back_in_time(served_models: Path, scheme: str) -> None:
    with standing_in(served_models) as server:
        model = find_model(served_models, address(server, scheme, "tiny"))
        source = open_source(model, 1)
        ports = server.grpc_port, server.rest_port
    with pytest.raises(NonesuchError):
        open_source(replace(model, address=model.address.replace("tries=5", "tries=1")), 1)
    revived: list[StandIn] = []
    loaded = Servables(served_models)  # which may take longer than anybody waits

    def revive() -> None:
        time.sleep(0.6)
        revived.append(StandIn(served_models, *ports, loaded))
        revived[0].start()

    thread = threading.Thread(target=revive)
    thread.start()
    try:
        pictures = source.generate(0, [draw(model, 1, (0.5, 0.5))])
    finally:
        thread.join()
        revived[0].stop()
    assert pictures.shape == (1, 16, 16, 3)
