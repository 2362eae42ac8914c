"""The draws in JavaScript against NumPy and SciPy, bit by bit."""

import zlib

import numpy as np
import pytest
from scipy.special import ndtri

from app.browser.description import _input
from sources.interpolation import between
from sources.runtimes.latents import Draw, draw, inputs_for, truncation_of
from sources.spec.description import Input, Model
from tests.app.browser.node import run

SEEDS = [
    0,
    1,
    2,
    42,
    2**31 - 1,
    2**31,
    2**32 - 1,
    *map(int, np.random.RandomState(3).randint(0, 2**32, 193, np.uint32)),
]
INPUTS = (
    Input("latent", "latent", width=128),
    Input("category", "category", width=74),
    Input("style", "choice", width=9, among=(0, 1, 2, 3, 4, 5, 6, 8)),
    Input("truncation", "truncation"),
    Input("free", "latent", width=40, distribution="normal", scaled=True),
    Input("grain", "noise", dims=(4, 4, 1), distribution="uniform", range=(-3.0, 2.0)),
    Input("number", "category", encoding="index"),
    Input("kind", "choice", encoding="index", among=(5, 7), dims=(1,)),
    Input("one", "truncation", shape="scalar"),
    Input("flag", "constant", dims=(2,), value=0.25),
)


class _Model:
    inputs = INPUTS


MODEL: Model = _Model()  # type: ignore[assignment]


def described() -> list[dict[str, object]]:
    return [_input(given) for given in INPUTS]


def test_uniforms_are_numpys_in_every_bit() -> None:
    found = run(
        """const { Uniforms } = await import("./drawing/mersenne.js");
        return given.map((seed) => {
          const uniforms = new Uniforms(seed);
          return Array.from({ length: 700 }, () => uniforms.next()); // past a turn of the words
        });""",
        SEEDS,
    )
    for seed, uniforms in zip(SEEDS, found, strict=True):
        assert uniforms == np.random.RandomState(seed).random_sample(700).tolist()


def test_the_inverse_normal_is_scipys() -> None:
    probabilities = np.random.RandomState(1).random_sample(20000)
    probabilities = np.concatenate(
        [probabilities, 10.0 ** -np.arange(1, 13), 1 - 10.0 ** -np.arange(1, 13)]
    )
    found = run(
        'const { ndtri } = await import("./drawing/normal.js"); return given.map(ndtri);',
        probabilities.tolist(),
    )
    assert np.allclose(found, ndtri(probabilities), rtol=4e-15, atol=0)


@pytest.mark.parametrize("truncations", [(0.4, 1.0), (0.35, 0.45), (0.85, 0.95), (0.5, 0.5)])
def test_a_seed_decides_the_same_as_on_the_server(truncations: tuple[float, float]) -> None:
    found = run(
        """const { draw } = await import("./drawing/draws.js");
        return given.seeds.map((seed) => {
          const { truncation, choices, vectors } = draw(given.inputs, seed, given.truncations);
          const listed = Object.entries(vectors).map(([name, values]) => [name, [...values]]);
          return { truncation, choices, vectors: Object.fromEntries(listed) };
        });""",
        {"inputs": described(), "seeds": SEEDS, "truncations": truncations},
    )
    for seed, drawn in zip(SEEDS, found, strict=True):
        expected = draw(MODEL, seed, truncations)
        assert (drawn["truncation"], drawn["choices"]) == (expected.truncation, expected.choices)
        for name, values in expected.latents.items():
            assert np.array_equal(np.float32(drawn["vectors"][name]), values.ravel()), (seed, name)


def test_truncations_are_rounded_as_pythons() -> None:
    ranges = [(low / 100, high / 100) for low in range(2, 101, 3) for high in range(low, 101, 7)]
    found = run(
        """const { truncationOf } = await import("./drawing/draws.js");
        const of = ([low, high]) => [0, 0.37, 0.999].map((u) => truncationOf(u, low, high));
        return given.map(of);""",
        ranges,
    )
    expected = [[truncation_of(u, *each) for u in (0, 0.37, 0.999)] for each in ranges]
    assert found == expected


def values_of(drawn: str, given: dict[str, object]) -> dict[str, tuple[np.ndarray, list[int]]]:
    found = run(
        f"""const {{ between, draw, valuesOf }} = await import("./drawing/draws.js");
        const one = (seed) => draw(given.inputs, seed, [0.3, 0.9]);
        const values = valuesOf(given.inputs, 13, {drawn});
        return Object.fromEntries(Object.entries(values).map(([name, {{ values, shape }}]) =>
          [name, [[...values], shape, values.constructor.name]]));""",
        {"inputs": described(), **given},
    )
    types = {"Float32Array": np.float32, "Int32Array": np.int32}
    return {
        name: (np.array(values, types[kind]), shape)
        for name, (values, shape, kind) in found.items()
    }


def compare(found: dict[str, tuple[np.ndarray, list[int]]], drawn: Draw, bound: float) -> None:
    expected = inputs_for(MODEL, 13, [drawn])
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name][1] == list(values.shape), name
        assert found[name][0].dtype == values.dtype, name
        assert np.abs(found[name][0] - values.ravel()).max() <= bound, name


@pytest.mark.parametrize("seed", [0, 42, 4294967295])
def test_every_kind_of_input_has_the_servers_values(seed: int) -> None:
    compare(values_of("one(given.seed)", {"seed": seed}), draw(MODEL, seed, (0.3, 0.9)), 0)


@pytest.mark.parametrize(("towards", "share"), [(7, 0.0), (7, 0.35), (42, 0.5), (9, 1.0)])
def test_what_lies_between_two_seeds(towards: int, share: float) -> None:
    found = values_of(
        "between(given.inputs, one(42), one(given.towards), given.share)",
        {"towards": towards, "share": share},
    )
    start, end = (draw(MODEL, seed, (0.3, 0.9)) for seed in (42, towards))
    compare(found, between(MODEL, start, end, share, "spherical"), 1e-6)


def test_checksums_are_zlibs() -> None:
    texts = ["", "hat 42", "häßlich 4294967295", "名前 1", "🦆"]
    found = run(
        'const { crc32 } = await import("./generator/checksum.js"); return given.map(crc32);', texts
    )
    assert found == [zlib.crc32(text.encode()) for text in texts]
