"""BigGAN on a module of the very format and signature, which shows in its pictures what it got."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from sources.biggan.description import read_biggan
from sources.biggan.handles import HANDLES, Caches, NotFetched, cached_folder
from sources.registry import UnknownModel, find_model, open_source
from sources.runtimes.latents import NotMixable, draw
from sources.runtimes.pixels import BrokenModel
from sources.runtimes.source import Source
from sources.spec.description import BadModel, Model
from sources.spec.imagenet import DOGS, excluded, imagenet_categories
from tests.hub_module import TRUNCATION_ROW, Y_ROWS, Z_ROW, build_hub_module


@pytest.fixture(scope="module")
def model(hub_module: Path) -> Model:
    return find_model(Path("models"), str(hub_module))


@pytest.fixture(scope="module")
def source(model: Model) -> Source:
    return open_source(model, 1)


def z_of(pictures: np.ndarray) -> np.ndarray:
    """What the module was given as z, to 1/64, from its first row."""
    return (pictures[:, Z_ROW, :120, 0].astype(float) + 0.5) / 128 * 2 - 2


def test_the_folder_is_recognised(model: Model, hub_module: Path) -> None:
    assert model.label == "biggan-128/2"
    assert model.licence == "Apache-2.0" and model.size_px == 128
    assert len(model.categories) == 1000
    assert (hub_module / "tfhub_module.pb").is_file()  # the format
    from sources.spec.signatures import read_graphs

    (graph,) = read_graphs(hub_module)
    assert graph.tags == ()


def test_z_is_a_truncated_normal_times_truncation(source: Source, model: Model) -> None:
    draws = [draw(model, seed, (0.5, 0.5)) for seed in range(64)]
    pictures = np.concatenate([source.generate(3, draws[i : i + 8]) for i in range(0, 64, 8)])
    z = z_of(pictures)
    assert z.shape == (64, 120)
    assert np.abs(z).max() <= 1.0 + 1 / 64  # ±2 · 0.5
    assert np.abs(z).max() > 0.9
    # a standard normal cut at ±2 has a deviation of 0.88
    assert abs(z.std() - 0.5 * 0.88) < 0.01
    full = z_of(source.generate(3, [draw(model, seed, (1.0, 1.0)) for seed in range(8)]))
    np.testing.assert_allclose(full / 2, z[:8], atol=1 / 32)


def test_label_is_one_hot_and_truncation_a_scalar(source: Source, model: Model) -> None:
    pictures = source.generate(417, [draw(model, seed, (0.62, 0.62)) for seed in range(3)])
    y = pictures[:, Y_ROWS, :, 0].reshape(3, -1)[:, :1000]
    assert (y[:, 417] == 255).all()
    assert (np.delete(y, 417, axis=1) == 0).all()
    assert (pictures[:, TRUNCATION_ROW, 0, 0] == int((0.62 * 2 - 1 + 1) / 2 * 256)).all()
    mixed = [draw(model, 0, (0.5, 0.5)), draw(model, 1, (0.6, 0.6))]
    with pytest.raises(NotMixable, match="one number per call"):
        source.generate(1, mixed)


def test_conversion_is_the_notebooks(source: Source, model: Model) -> None:
    import tensorflow as tf

    draws = [draw(model, seed, (0.5, 0.5)) for seed in range(8)]
    from sources.runtimes.latents import inputs_for

    given = {name: tf.constant(v) for name, v in inputs_for(model, 5, draws).items()}
    floats = tf.saved_model.load(str(model.folder)).signatures["default"](**given)["default"]
    expected = np.uint8(np.clip((floats.numpy() + 1) / 2 * 256, 0, 255))
    np.testing.assert_array_equal(source.generate(5, draws), expected)


def test_every_seed_is_its_own_picture(source: Source, model: Model) -> None:
    draws = [draw(model, seed, (0.5, 0.5)) for seed in range(40)]
    pictures = [source.generate(9, draws[i : i + 8]) for i in range(0, 40, 8)]
    assert len({picture[10:].tobytes() for batch in pictures for picture in batch}) == 40


def test_memory_is_flat(source: Source, model: Model) -> None:
    """A leak of one batch's floats per call would be 1.5 MB each. 3,600: make test-long."""
    psutil = pytest.importorskip("psutil", reason="install psutil: requirements-test.txt")
    count = int(os.environ.get("MEMORY_PICTURES", "480"))
    process = psutil.Process()

    def make(pictures: int) -> None:
        for start in range(0, pictures, 8):
            draws = [draw(model, start + i, (0.5, 0.5)) for i in range(8)]
            source.generate(start % 1000, draws)

    make(160)  # allocators and kernels settle
    before = process.memory_info().rss
    make(count)
    grown = process.memory_info().rss - before
    assert grown < 24 * 2**20, f"{grown / 2**20:.0f} MB more after {count} pictures"


@pytest.mark.parametrize("broken, message", [("nan", "not finite"), ("constant", "one colour")])
def test_broken_modules_are_refused(tmp_path: Path, broken: str, message: str) -> None:
    folder = build_hub_module(tmp_path / "module", broken=broken)
    model = find_model(Path("models"), str(folder))
    with pytest.raises(BrokenModel, match=message):
        open_source(model, 1).generate(0, [draw(model, 0, (0.5, 0.5))])


@pytest.mark.parametrize(
    "file, left",
    [("variables/variables.data-00000-of-00001", 1000), ("variables/variables.index", 10)],
)
def test_truncated_downloads(hub_module: Path, tmp_path: Path, file: str, left: int) -> None:
    folder = Path(shutil.copytree(hub_module, tmp_path / "module"))
    os.truncate(folder / file, left)
    with pytest.raises(BadModel, match=r"is not whole: .*fetch or export it again"):
        open_source(find_model(Path("models"), str(folder)), 1)
    shutil.rmtree(folder / "variables")
    with pytest.raises(BadModel, match="is not whole"):
        open_source(find_model(Path("models"), str(folder)), 1)
    os.truncate(folder / "saved_model.pb", 100)
    with pytest.raises(BadModel, match="is no SavedModel"):
        find_model(Path("models"), str(folder))


def test_a_module_of_another_width(hub_module: Path) -> None:
    """What lies under a handle's name but is another module is told by its inputs."""
    with pytest.raises(BadModel, match=r"z: float32 \[\?, 120\].*width = 120"):
        open_source(read_biggan(HANDLES["biggan-256"], hub_module), 1)


def test_handles_have_the_widths_of_their_documentation() -> None:
    widths = {name: (h.latent, h.version, h.lowest_truncation) for name, h in HANDLES.items()}
    assert widths == {
        "biggan-128": (120, 2, 0.02),
        "biggan-256": (140, 2, 0.02),
        "biggan-512": (128, 2, 0.02),
        "biggan-deep-128": (128, 1, 0.0),
        "biggan-deep-256": (128, 1, 0.0),
        "biggan-deep-512": (128, 1, 0.0),
    }
    assert len({handle.cache_key for handle in HANDLES.values()}) == 6
    # sha1 of https://tfhub.dev/deepmind/biggan-128/2
    assert HANDLES["biggan-128"].cache_key == "69c940d5e79ede1c89f384d21607f04875f24507"


@pytest.mark.parametrize("where", ["own", "tfhub", "kagglehub", "kagglehub 2", "none"])
def test_caches_work_without_a_network(hub_module: Path, tmp_path: Path, where: str) -> None:
    handle = HANDLES["biggan-128"]
    caches = Caches(tmp_path / "hub", tmp_path / "tfhub", tmp_path / "kagglehub")
    kaggle = tmp_path / "kagglehub/models/deepmind/biggan/tensorFlow1/128"
    place = {
        "own": tmp_path / "hub/biggan-128/2",
        "tfhub": tmp_path / "tfhub" / handle.cache_key,
        "kagglehub": kaggle / "3",
        "kagglehub 2": tmp_path / "kagglehub/models/deepmind/biggan/other/biggan-128/1",
    }
    if where == "none":
        with pytest.raises(NotFetched, match="fetch it with: flask models fetch biggan-128"):
            find_model(tmp_path / "models", "biggan-128", caches)
        return
    (kaggle / "2").mkdir(parents=True)  # begun and broken off
    shutil.copytree(hub_module, place[where])
    assert cached_folder(handle, caches) == place[where]
    model = find_model(tmp_path / "models", "biggan-128", caches)
    assert model.label == "biggan-128/2"
    assert find_model(tmp_path / "models", "biggan-128/2", caches).digest == model.digest


def test_unknown_handles(tmp_path: Path) -> None:
    for wrong, message in {
        "biggan-127": "did you mean biggan-",
        "bigan-256": "did you mean biggan-256",
        "biggan-256/9": "model biggan-256 has no version '9'; there is: 2",
        "biggan_deep_512": "did you mean biggan-deep-512",
    }.items():
        with pytest.raises(UnknownModel, match=message):
            find_model(tmp_path, wrong)


def test_a_biggan_that_is_none_of_these(tmp_path: Path) -> None:
    folder = build_hub_module(tmp_path / "module", size_px=128, latent=77)
    with pytest.raises(BadModel, match="77 latents and 128 px, of which 0 are known"):
        find_model(Path("models"), str(folder))


def test_categories() -> None:
    categories = imagenet_categories()
    assert [c.label for c in categories] == list(range(1000))
    slugs = [c.slug for c in categories]
    assert len(set(slugs)) == 1000
    assert (slugs[2], slugs[477]) == ("great_white_shark", "carpenter_s_kit")
    pairs = [(134, 517), (264, 474), (638, 639)]
    assert [(slugs[a], slugs[b]) for a, b in pairs] == [
        ("crane", "crane_2"),
        ("cardigan", "cardigan_2"),
        ("maillot", "maillot_2"),
    ]
    assert (categories[246].name, categories[517].name) == ("Great Dane", "crane")


def test_curated_list() -> None:
    categories = imagenet_categories()
    known = {c.slug for c in categories}
    reasons = excluded()
    assert set(reasons) <= known
    assert all(len(reason) > 5 for reason in reasons.values())
    hidden = {c.slug for c in categories if c.hidden}
    assert hidden == set(reasons)
    assert {c.slug: c.why_hidden for c in categories if c.hidden} == reasons
    assert {"cock", "beaver"} <= hidden  # "This … does not exist" would be read as a vulgar word
    bodies = {"bikini", "brassiere", "swimming_trunks", "maillot", "maillot_2", "miniskirt"}
    assert bodies | {"ballplayer", "groom", "scuba_diver", "jersey", "cardigan_2"} <= hidden
    dogs = [c for c in categories if c.label in DOGS and not c.hidden]
    assert 1 <= len(dogs) <= 5
    assert 1000 - len(hidden) >= 200
