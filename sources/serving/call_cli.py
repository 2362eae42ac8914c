"""`flask models call`: any signature of a model on a server."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.commands import Command

if TYPE_CHECKING:
    import numpy as np

    from sources.serving.call_inputs import Given
    from sources.serving.server import Server

_SHORT = 24  # numbers that are printed rather than counted


@click.command("call", cls=Command)
@click.argument("address")
@click.option(
    "--in",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE|@FILE",
    help="An input; none: show what the model takes. Several values, or @*.jpg: several calls.",
)
@click.option(
    "--out",
    "outputs",
    multiple=True,
    metavar="NAME=FILE",
    help="Where an output goes: .png, .jpg, .webp, .npy or .json; {stem} and {n} are filled in.",
)
@click.option(
    "--signature", default="serving_default", show_default=True, help="Which function to call."
)
@click.option(
    "--version", type=click.IntRange(0), help="Version of the model.  [default: the newest]"
)
@click.option(
    "--method",
    type=click.Choice(["predict", "classify", "regress"]),
    default="predict",
    show_default=True,
    help="Which of TensorFlow Serving's calls.",
)
@click.option(
    "--in-range",
    default="0:255",
    show_default=True,
    metavar="LOW:HIGH",
    help="Black and white of pictures that go into floats.",
)
@click.option(
    "--out-range",
    "out_ranges",
    multiple=True,
    metavar="[NAME=]LOW:HIGH",
    help="Black and white of floats that become pictures, of one output or all.  [default: -1:1]",
)
@click.option(
    "--parallel",
    default=4,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Calls at the same time.",
)
def call(
    address: str, inputs: tuple[str, ...], outputs: tuple[str, ...], signature: str,
    version: int | None, method: str, in_range: str, out_ranges: tuple[str, ...], parallel: int,
) -> None:  # fmt: skip
    """Call a model on a TensorFlow Serving, by REST or gRPC.

    \b
        flask models call tfserving://localhost:8501/deeplab
        flask models call tfserving://localhost:8501/deeplab \\
            --in image=@photo.jpg --in 'height={height}' --in 'width={width}' \\
            --out segmentation_map=mask.png
        flask models call grpc://localhost:8500/deeplab --in 'image=@photos/*.jpg' \\
            --in height=300 --in width=400 --out 'segmentation_map=masks/{stem}.png'
        flask models call tfserving://localhost:8501/half_plus_three \\
            --method regress --signature tensorflow/serving/regress --in x=1.0 --in x=2.0
    """
    from sources.serving.address import parse_address
    from sources.serving.call_inputs import calls_of, features_of
    from sources.serving.connect import connect

    where = parse_address(address)
    if version is not None:
        where = replace(where, version=version)
    server = connect(where)
    if not inputs:
        _show(server)
        return
    calls = calls_of(inputs)
    if method == "classify":
        for labels in server.classify(signature, [features_of(given) for given in calls]):
            scored = [{"label": label, "score": score} for label, score in labels]
            click.echo(json.dumps(scored, ensure_ascii=False))
    elif method == "regress":
        for number in server.regress(signature, [features_of(given) for given in calls]):
            click.echo(f"{number:g}")
    else:
        _predict(
            server, signature, calls, outputs, _range(in_range, "--in-range"), out_ranges, parallel
        )


def _show(server: "Server") -> None:
    version, signatures = server.signatures()
    click.echo(f"{server.address.name}, version {version}")
    for found in signatures.values():
        click.echo(f"signature {found.name}")
        for info in found.inputs.values():
            click.echo(f"  in   {info}")
        for info in found.outputs.values():
            click.echo(f"  out  {info}")


def _range(text: str, option: str) -> tuple[float, float]:
    from sources.serving.call_inputs import BadCall

    try:
        low, high = map(float, text.split(":"))
    except ValueError as error:
        raise BadCall(f"{option} {text!r} is no LOW:HIGH", f"write {option}=-1:1") from error
    if not low < high:
        raise BadCall(f"{option} {text} is empty", f"write {option}=-1:1")
    return low, high


def _ranges(words: tuple[str, ...], outputs: list[str]) -> dict[str, tuple[float, float]]:
    """Return the range of each output: its own, else that of all. Raises `BadCall`."""
    from sources.serving.call_inputs import BadCall

    found = dict.fromkeys(outputs, (-1.0, 1.0))
    own = {}
    for word in words:
        name, _, text = word.rpartition("=")
        if name and name not in outputs:
            raise BadCall(f"there is no output {name!r}", f"there are: {', '.join(outputs)}")
        if name:
            own[name] = _range(text, f"--out-range {name}=")
        else:
            found = dict.fromkeys(outputs, _range(text, "--out-range"))
    return found | own


def _predict(
    server: "Server", name: str, calls: "list[Given]", outputs: tuple[str, ...],
    in_range: tuple[float, float], out_ranges: tuple[str, ...], parallel: int,
) -> None:  # fmt: skip
    """Call, several at once, and write what comes back, in order."""
    from core.files import write_durably
    from sources.serving.call_inputs import tensors_of
    from sources.serving.call_outputs import encoded
    from sources.serving.server import find_signature

    signature = find_signature(server.signatures()[1], name, server.address)
    places = _places(outputs, list(signature.outputs), calls)
    ranges = _ranges(out_ranges, list(signature.outputs))
    tensors = [tensors_of(given, signature, in_range) for given in calls]
    with ThreadPoolExecutor(min(parallel, len(calls))) as executor:
        futures = [executor.submit(server.predict, signature, given) for given in tensors]
        try:
            for given, future, files in zip(calls, futures, places, strict=True):
                found = future.result()
                if given.file is not None and len(calls) > 1:
                    click.echo(f"{given.file}")
                data = {n: encoded(n, found[n], path, ranges[n]) for n, path in files.items()}
                for output, path in files.items():
                    write_durably(path, data[output])
                _summarise(found, files)
        except BaseException:
            executor.shutdown(cancel_futures=True)
            raise


def _places(
    outputs: tuple[str, ...], known: list[str], calls: "list[Given]"
) -> list[dict[str, Path]]:
    """Return where each call's outputs go. Raises `BadCall` before anything is called."""
    from sources.serving.call_inputs import BadCall, pairs_of
    from sources.serving.call_outputs import WRITTEN

    places: list[dict[str, Path]] = [{} for _ in calls]
    taken = set[Path]()
    for name, text in pairs_of(outputs, "--out"):
        if name not in known:
            raise BadCall(f"there is no output {name!r}", f"there are: {', '.join(known)}")
        for given, files in zip(calls, places, strict=True):
            stem = given.file.stem if given.file is not None else str(given.number)
            path = Path(text.replace("{stem}", stem).replace("{n}", str(given.number)))
            if path.suffix.lower() not in WRITTEN:
                raise BadCall(f"{path} has no ending that is written", f"use {', '.join(WRITTEN)}")
            if not path.parent.is_dir():
                raise BadCall(f"there is no folder {path.parent}", f"mkdir -p {path.parent}")
            if path in taken:
                raise BadCall(
                    f"{path} would be written twice", f"--out '{name}=…{{n}}{path.suffix}'"
                )
            taken.add(path)
            files[name] = path
    return places


def _summarise(found: "Mapping[str, np.ndarray]", files: Mapping[str, Path]) -> None:
    for name, values in found.items():
        what = f"{name}: {'texts' if values.dtype == object else values.dtype} {list(values.shape)}"
        if name in files:
            click.echo(f"{what} → {files[name]}")
        elif values.dtype == object:
            sizes = ", ".join(f"{len(data):,} bytes" for data in values.reshape(-1)[:4])
            click.echo(f"{what}: {sizes}")
        elif values.size <= _SHORT:
            click.echo(f"{what}: {json.dumps(values.tolist())}")
        else:
            click.echo(f"{what}: {values.min():g} to {values.max():g}")
