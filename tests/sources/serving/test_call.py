"""`flask models call`: any signature, by the real command line, over both ways of calling."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from PIL import Image
from skimage import data

from sources.serving.call_inputs import calls_of
from sources.serving.call_outputs import label_colours
from tests.sources.serving.models import PALETTE
from tests.sources.serving.servables import Code, Fault
from tests.sources.serving.standin import StandIn

Run = Callable[..., Result]


@pytest.fixture(params=["tfserving", "grpc"])
def where(request: pytest.FixtureRequest, standin: StandIn) -> Callable[[str], str]:
    return standin.rest if request.param == "tfserving" else standin.grpc


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A cup of coffee on a table, 300 × 200, from scikit-image."""
    path = tmp_path / "coffee.jpg"
    Image.fromarray(data.coffee()).reduce(2).save(path, quality=95)
    return path


def shares(mask: np.ndarray) -> dict[str, float]:
    """Return how much of a mask, uint8 [H, W, 3], each class has."""
    return {name: float((mask == colour).all(-1).mean()) for name, colour in PALETTE.items()}


def check_the_cup(mask: np.ndarray) -> None:
    """The rim of the cup, the saucer, the table on the right and the dark corner are told apart."""
    assert sum(shares(mask).values()) == 1.0  # nothing but the four colours
    for name, part in {
        "porcelain": mask[12:20, 120:170],
        "saucer": mask[90:130, 48:70],
        "table": mask[60:160, 250:290],
        "shadow": mask[2:30, 2:30],
    }.items():
        assert shares(part)[name] > 0.8, (name, shares(part))


def test_a_photograph_in_and_a_mask_out(
    where: Callable[[str], str], flask_command: Run, photo: Path, tmp_path: Path
) -> None:
    mask = tmp_path / "mask.png"
    done = flask_command(
        "models", "call", where("deeplab"),
        "--in", f"image=@{photo}", "--in", "height=200", "--in", "width=300",
        "--out", f"segmentation_map={mask}",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.output == f"segmentation_map: uint8 [200, 300, 3] → {mask}\n"
    with Image.open(mask) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (300, 200))
        check_the_cup(np.asarray(image))


def test_the_file_itself_in_and_labels_out(
    where: Callable[[str], str], flask_command: Run, photo: Path, tmp_path: Path
) -> None:
    mask, plain = tmp_path / "mask.png", tmp_path / "labels.npy"
    words = ["models", "call", where("deeplab/1"), "--signature", "from_file"]
    words += ["--in", f"image=@{photo}", "--in", "height={height}", "--in", "width={width}"]
    done = flask_command(*words, "--out", f"labels={mask}")
    assert done.exit_code == 0, done.output
    assert flask_command(*words, "--out", f"labels={plain}").exit_code == 0
    labels = np.load(plain)
    assert labels.shape == (200, 300) and labels.dtype == np.int64 and set(np.unique(labels)) == {
        0, 1, 2, 3,
    }  # fmt: skip
    with Image.open(mask) as image:
        assert (
            image.mode == "P" and image.size == (300, 200) and (np.asarray(image) == labels).all()
        )
        colours = np.asarray(image.convert("RGB"))
    check_the_cup(colours)  # a palette like PASCAL VOC's, as the model's own


def test_the_palette_is_that_of_pascal_voc() -> None:
    colours = np.array(label_colours()).reshape(256, 3).tolist()
    known = {0: [0, 0, 0], 1: [128, 0, 0], 2: [0, 128, 0], 3: [128, 128, 0], 15: [192, 128, 128],
             20: [0, 64, 128], 255: [224, 224, 192]}  # fmt: skip
    assert {label: colours[label] for label in known} == known
    assert len(set(map(tuple, colours))) == 256


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("coffee", "chelsea", "astronaut", "rocket"):
        Image.fromarray(getattr(data, name)()).reduce(6).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def side_by_side(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many calls the server had at once."""
    predict, lock, inside, most = standin.servables.predict, threading.Lock(), [0], [0]
    barrier = threading.Barrier(4, timeout=20)

    def noting(request: Any) -> Any:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        barrier.wait()
        try:
            return predict(request)
        finally:
            with lock:
                inside[0] -= 1

    monkeypatch.setattr(standin.servables, "predict", noting)
    yield most


def test_several_at_once(
    where: Callable[[str], str],
    flask_command: Run,
    photos: Path,
    tmp_path: Path,
    side_by_side: list[int],
) -> None:
    (tmp_path / "masks").mkdir()
    done = flask_command(
        "models", "call", where("deeplab"), "--in", f"image=@{photos}/*.png",
        "--in", "height={height}", "--in", "width={width}",
        "--out", f"segmentation_map={tmp_path}/masks/{{stem}}.png",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert side_by_side == [4]
    for path in photos.iterdir():
        with Image.open(path) as picture, Image.open(tmp_path / "masks" / path.name) as mask:
            assert mask.size == picture.size
    order = [line.rpartition("/")[2] for line in done.output.splitlines()[::2]]
    assert order == ["astronaut.png", "chelsea.png", "coffee.png", "rocket.png"]


def test_without_inputs_it_says_what_the_model_takes(
    where: Callable[[str], str], flask_command: Run
) -> None:
    done = flask_command("models", "call", where("deeplab"))
    assert done.exit_code == 0, done.output
    assert done.output.startswith("deeplab, version 1\n")
    for line in (
        "signature from_file", "  in   image: string []", "  out  labels: int64 [?, ?]",
        "signature serving_default", "  in   image: uint8 [?, ?, 3]", "  in   height: int32 []",
    ):  # fmt: skip
        assert f"{line}\n" in done.output


def test_numbers_and_texts(where: Callable[[str], str], flask_command: Run, tmp_path: Path) -> None:
    done = flask_command(
        "models", "call", where("saved_model_half_plus_three"), "--in", "x=[1.0, 2, 5]"
    )
    assert done.output == "y: float32 [3]: [3.5, 4.0, 5.5]\n"
    out = tmp_path / "tags.json"
    done = flask_command(
        "models", "call", where("named"), "--version", "1", "--in", 'tag=["foo", "bär"]',
        "--in", "signal=[[1,2,3,4,5],[3,4,1,2,5]]", "--in", "sensor=[[[1,2],[3,4]],[[4,5],[6,8]]]",
        "--out", f"tag_bytes={out}",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "sum: int64 [2]: [25, 38]\n" in done.output
    assert json.loads(out.read_text()) == ["foo", "bär"]


def test_classify_and_regress(
    where: Callable[[str], str], flask_command: Run, tmp_path: Path
) -> None:
    done = flask_command(
        "models", "call", where("saved_model_half_plus_three"), "--method", "regress",
        "--signature", "tensorflow/serving/regress", "--in", "x=1.0", "--in", "x=2.0",
    )  # fmt: skip
    assert done.output == "3.5\n4\n", done.output
    (tmp_path / "a").write_bytes(b"image bytes")
    done = flask_command(
        "models", "call", where("objects"), "--method", "classify", "--signature",
        "classify_objects", "--in", f"image=@{tmp_path}/a", "--in", "caption=seaside",
    )  # fmt: skip
    assert json.loads(done.output)[0] == {"label": "seaside", "score": 11.0}, done.output
    done = flask_command(
        "models", "call", where("saved_model_half_plus_three"), "--method", "regress",
        "--signature", "tensorflow/serving/regress", "--in", "x=1",
    )  # fmt: skip
    assert done.exit_code == 1 and "refuses the call" in done.output  # 1 is no float there


def test_a_png_from_the_server_is_written_as_it_came(
    where: Callable[[str], str], flask_command: Run, tmp_path: Path
) -> None:
    np.save(tmp_path / "z.npy", np.random.RandomState(1).randn(1, 12).astype(np.float32))
    words = ["models", "call", where("tiny"), "--in", f"latent=@{tmp_path}/z.npy"]
    words += ["--in", "category=[[0, 1, 0]]", "--in", "truncation=[0.5]"]
    done = flask_command(*words, "--signature", "png", "--out", f"image_bytes={tmp_path}/a.png")
    assert done.exit_code == 0, done.output
    done = flask_command(*words, "--out", f"picture={tmp_path}/b.png")
    assert done.exit_code == 0, done.output
    with Image.open(tmp_path / "a.png") as a, Image.open(tmp_path / "b.png") as b:
        assert np.abs(np.asarray(a).astype(int) - np.asarray(b)).max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--in", "image"], "is no NAME=VALUE"),
        (["--in", "picture=1"], "has no input 'picture'; it takes height: int32 []"),
        (["--in", "height=1"], "needs image, width as well"),
        (["--in", "image=@nothing.jpg"], "there is no file nothing.jpg"),
        (["--in", "image=@nothing*.jpg"], "no file is like nothing*.jpg"),
        (["--in", "image=@PHOTO", "--in", "height=tall", "--in", "width=9"], "height=tall"),
        (["--in", "image=@PHOTO", "--in", "height=1.5", "--in", "width=9"], "height=1.5"),
        (["--in", "image=@PHOTO", "--in", "height=[1]", "--in", "width=9"], "has the shape [1]"),
        (["--in", "image=@BAD", "--in", "height=1", "--in", "width=9"], "is no picture"),
        (["--in", "image=1", "--in", "image=2", "--in", "height=1", "--in", "height=2",
          "--in", "height=3"], "has 2 values where another has 3"),
        (["--signature", "other", "--in", "height=1"], "there are: from_file, serving_default"),
        (["--version", "9", "--in", "height=1"], "Specific(deeplab, 9)"),
        (["--out-range", "1", "--in", "height=1"], "is no LOW:HIGH"),
        (["--in", "image=@PHOTO", "--in", "height=4", "--in", "width=4", "--out", "map=a.png"],
         "there are: segmentation_map"),
        (["--in", "image=@PHOTO", "--in", "height=4", "--in", "width=4",
          "--out", "segmentation_map=a.tga"], "has no ending that is written"),
        (["--in", "image=@PHOTO", "--in", "height=4", "--in", "width=4",
          "--out", "segmentation_map=no/a.png"], "mkdir -p no"),
        (["--in", "image=@PHOTO", "--in", "height=4", "--in", "height=5", "--in", "width=4",
          "--out", "segmentation_map=a.png"], "would be written twice"),
    ],
)  # fmt: skip
def test_what_cannot_be_called(
    standin: StandIn,
    flask_command: Run,
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jpg").write_bytes(photo.read_bytes()[:2000])
    before = sorted(tmp_path.rglob("*"))
    names = {"PHOTO": photo.name, "BAD": "bad.jpg"}
    for name, file in names.items():
        words = [word.replace(name, file) for word in words]
    done = flask_command("models", "call", standin.rest("deeplab"), *words)
    assert done.exit_code == 1, done.output
    assert done.output.startswith("Error: ") and done.output.count("\n") == 1
    assert message in done.output
    assert sorted(tmp_path.rglob("*")) == before  # nothing half-written


def test_a_failure_among_several_ends_the_command(
    standin: StandIn,
    flask_command: Run,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(photos, tmp_path / "more")
    calls = []

    def second_fails() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Fault(Code.INTERNAL, "out of memory")

    monkeypatch.setattr(standin.servables, "ahead", [second_fails] * 4)
    done = flask_command(
        "models", "call", standin.rest("deeplab"), "--in", f"image=@{photos}/*.png",
        "--in", "height=8", "--in", "width=8", "--parallel", "1",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "out of memory" in done.output and "Traceback" not in done.output
    assert len(calls) <= 3


def test_values_that_are_given_once_are_the_same_in_all_calls() -> None:
    calls = calls_of(["a=1", "b=x", "b=y"])
    assert [dict(given.texts) for given in calls] == [{"a": "1", "b": "x"}, {"a": "1", "b": "y"}]
    assert [given.number for given in calls] == [1, 2]
