"""Bringing a module onto this machine: from TF Hub, Kaggle Models, a folder or an archive.

tensorflow-hub and kagglehub do the downloading, whichever is installed; a folder or an archive
that was brought by other means needs neither. What arrives is loaded once before it is kept.
"""

import importlib.util
import os
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import NonesuchError
from core.files import TEMPORARY_PREFIX, folder_written_whole
from sources.biggan.description import read_biggan
from sources.biggan.handles import Caches, Handle, NotFetched, cached_folder
from sources.runtimes.checking import check_inputs
from sources.runtimes.saved_model import chosen_signature, load
from sources.spec.description import BadModel, is_saved_model

ASK_S = 5.0  # for the size of a download
INSTALL = "python -m pip install -r requirements-hub.txt"


class CannotFetch(NonesuchError):
    """A module that could not be brought here."""


def describe_download(handle: Handle) -> list[str]:
    """Return what there is to know before a download starts: licence, address, size."""
    size = asked_size(handle.address)
    told = f"{size / 1e6:,.1f} MB" if size else f"about {handle.download_mb} MB"
    return [
        f"{handle.name}/{handle.version}: BigGAN of DeepMind, {handle.size_px} px, "
        f"licence {handle.licence}",
        f"to download: {told}, from {handle.address}",
    ]


def asked_size(address: str) -> int | None:
    """Return the bytes that a download would take as its server says, None where it does not."""
    request = urllib.request.Request(f"{address}?tf-hub-format=compressed", method="HEAD")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=ASK_S) as answer:  # noqa: S310
            length = answer.headers.get("Content-Length", "")
            return int(length) if length.isdigit() and int(length) else None
    except (OSError, ValueError):
        return None


def fetch(handle: Handle, caches: Caches, given: Path | None = None) -> Path:
    """Bring a module here and return its folder. Raises `CannotFetch` or `BadModel`.

    ``given``: a folder or a .tar.gz that holds it; by default it is downloaded.
    """
    target = caches.own_folder(handle)
    with folder_written_whole(target) as temporary:
        if given is not None:
            _take(given, temporary)
        else:
            _download(handle, temporary)
        check_module(handle, temporary)
    return target


def is_fetched(handle: Handle, caches: Caches) -> bool:
    """Say whether a module is on this machine."""
    try:
        cached_folder(handle, caches)
    except NotFetched:
        return False
    return True


def check_module(handle: Handle, folder: Path) -> None:
    """Load a module and compare it with what its name promises. Raises `BadModel`."""
    model = read_biggan(handle, folder)
    tags, signature = chosen_signature(model)
    try:
        check_inputs(model, signature)
    except BadModel as error:
        raise BadModel(f"this is not {handle.name}: {error.message}", "name another") from error
    load(folder, tags, os.cpu_count() or 1)


def _take(given: Path, target: Path) -> None:
    if given.is_dir():
        if not is_saved_model(given):
            raise CannotFetch(
                f"{given} is no SavedModel", "name the folder that holds saved_model.pb"
            )
        shutil.copytree(given, target, dirs_exist_ok=True)
        return
    if not given.is_file():
        raise CannotFetch(f"there is no {given}", "name a folder or a .tar.gz")
    try:
        with tarfile.open(given) as archive:
            archive.extractall(target, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CannotFetch(
            f"{given} is truncated or no archive ({error})", "download it again"
        ) from error


def _download(handle: Handle, target: Path) -> None:
    """Try tensorflow-hub, then kagglehub; the last error tells."""
    ways: list[tuple[str, Callable[[Handle, Path], None]]] = [
        ("tensorflow_hub", _by_tensorflow_hub),
        ("kagglehub", _by_kagglehub),
    ]
    installed = [(name, way) for name, way in ways if importlib.util.find_spec(name)]
    if not installed:
        raise CannotFetch(
            "neither tensorflow-hub nor kagglehub is installed",
            f"{INSTALL}; or download {handle.address}?tf-hub-format=compressed yourself, then: "
            f"flask models fetch {handle.name} --from FILE",
        )
    failures = []
    for name, way in installed:
        try:
            way(handle, target)
        except CannotFetch:
            raise
        except Exception as error:  # the libraries raise what their own libraries raise
            failures.append(f"{name}: {next(iter(str(error).splitlines()), repr(error))[:160]}")
        else:
            return
    raise CannotFetch(
        f"{handle.name} could not be downloaded ({'; '.join(failures)})",
        "without a network, download it elsewhere from "
        f"{handle.address}?tf-hub-format=compressed, then: "
        f"flask models fetch {handle.name} --from FILE",
    )


def _by_tensorflow_hub(handle: Handle, target: Path) -> None:
    import tensorflow_hub

    with _cache_beside(target) as cache:
        found = Path(tensorflow_hub.resolve(handle.address))
        if not found.is_relative_to(cache):
            raise CannotFetch(f"tensorflow-hub put {handle.name} into {found}")
        shutil.copytree(found, target, dirs_exist_ok=True, copy_function=os.replace)


@contextmanager
def _cache_beside(target: Path) -> Iterator[Path]:
    """Give tensorflow-hub a cache on the target's disk; the variable is its only setting."""
    folder = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=target.parent))
    before = os.environ.get("TFHUB_CACHE_DIR")
    os.environ["TFHUB_CACHE_DIR"] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ["TFHUB_CACHE_DIR"]
        else:
            os.environ["TFHUB_CACHE_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)


def _by_kagglehub(handle: Handle, target: Path) -> None:
    import kagglehub

    kagglehub.model_download(handle.kaggle_handle, output_dir=str(target))
