"""Where modules of TF Hub and Kaggle Models lie once they are fetched, and which are known here.

Looked for in this order, neither package nor network needed:

    $NONESUCH_HOME/hub/<name>/<version>/       what `flask models fetch` keeps
    $TFHUB_CACHE_DIR/<sha1 of the address>/    tensorflow-hub's cache
    $KAGGLEHUB_CACHE/models/…/<version>/       kagglehub's cache
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import NonesuchError
from core.files import NoHome, expanded
from core.settings import Settings
from sources.spec.description import is_saved_model


class NotFetched(NonesuchError):
    """A known module that is not on this machine."""


@dataclass(frozen=True)
class Handle:
    """A generator of TF Hub by the name that it has here."""

    name: str
    version: int
    size_px: int
    latent: int
    lowest_truncation: float
    download_mb: int  # about: parameters at 4 bytes; the server may say more exactly
    licence: str = "Apache-2.0"
    publisher: str = "https://tfhub.dev/deepmind"

    @property
    def address(self) -> str:
        """Its address on TF Hub, of which the SHA-1 names its folder in TFHUB_CACHE_DIR."""
        return f"{self.publisher}/{self.name}/{self.version}"

    @property
    def cache_key(self) -> str:
        """The name of its folder in TFHUB_CACHE_DIR."""
        return hashlib.sha1(self.address.encode(), usedforsecurity=False).hexdigest()

    @property
    def kaggle_variation(self) -> str:
        """Its variation on Kaggle Models: ``256``, ``deep-256``."""
        return self.name.removeprefix("biggan-")

    @property
    def kaggle_handle(self) -> str:
        """Its handle on Kaggle Models."""
        return f"deepmind/biggan/tensorFlow1/{self.kaggle_variation}"


def _handles() -> dict[str, Handle]:
    # latent widths and truncations: the modules' documentation on TF Hub; megabytes: estimates from
    # the number of parameters, to be told from a gigabyte (the server's own figure is shown too)
    found = [
        Handle("biggan-128", 2, 128, 120, 0.02, 280),
        Handle("biggan-256", 2, 256, 140, 0.02, 330),
        Handle("biggan-512", 2, 512, 128, 0.02, 330),
        Handle("biggan-deep-128", 1, 128, 128, 0.0, 200),
        Handle("biggan-deep-256", 1, 256, 128, 0.0, 220),
        Handle("biggan-deep-512", 1, 512, 128, 0.0, 220),
    ]
    return {handle.name: handle for handle in found}


HANDLES = _handles()


@dataclass(frozen=True)
class Caches:
    """The folders in which modules are looked for."""

    own: Path
    tfhub: Path | None = None
    kagglehub: Path | None = None
    trusted: Path | None = None  # lists the classes of Python that may run

    @classmethod
    def of(cls, settings: Settings) -> "Caches":
        """Return those that the settings name."""
        tfhub, kagglehub = settings.tfhub_cache_dir, settings.kagglehub_cache
        return cls(
            settings.home / "hub",
            _cache(tfhub),
            _cache(kagglehub),
            settings.home / "trusted.txt",
        )

    def own_folder(self, handle: Handle) -> Path:
        """Return where `flask models fetch` puts a module."""
        return self.own / handle.name / str(handle.version)

    def places(self, handle: Handle) -> list[Path]:
        """Return the folders that may hold a module, the first one first."""
        places = [self.own_folder(handle)]
        if self.tfhub is not None:
            places.append(self.tfhub / handle.cache_key)
        if self.kagglehub is not None:
            # the version is counted anew on Kaggle, and the case of the framework's name differs
            # and so does what is the model's name and what its variation's
            models = self.kagglehub / "models" / "deepmind"
            versions = [
                path
                for path in models.glob("biggan*/*/*/*")
                if path.name.isdigit()
                and handle.name in (path.parts[-2], f"{path.parts[-4]}-{path.parts[-2]}")
            ]
            places += sorted(versions, key=lambda path: -int(path.name))
        return places


def _cache(folder: str) -> Path | None:
    """Return a folder to look in; None where there is none, as for a user without a home."""
    try:
        return expanded(folder) if folder else None
    except NoHome:
        return None


def cached_folder(handle: Handle, caches: Caches | None) -> Path:
    """Return the folder of a module on this machine. Raises `NotFetched`."""
    for place in caches.places(handle) if caches else []:
        if is_saved_model(place):
            return place
    raise NotFetched(
        f"{handle.name} is not on this machine", f"fetch it with: flask models fetch {handle.name}"
    )


def fetched_state(handle: Handle, caches: Caches) -> str:
    """Return where a module is, or how it is fetched, in words."""
    try:
        return f"at {cached_folder(handle, caches)}"
    except NotFetched:
        return f"about {handle.download_mb} MB: flask models fetch {handle.name}"
