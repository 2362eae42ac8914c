"""The generators of live pictures: loaded at the first call, one of each in a worker.

What generates is imported when it is called, so a worker that never gets a live call has neither
LiteRT nor NumPy in memory: they take about as much as the rest of it.
"""

import logging
import os
import re
import threading
import time
from dataclasses import dataclass

from app.http.errors import NotFound, NotMade
from app.live.judge import open_judge
from app.live.model import LiveModel
from core.errors import NonesuchError
from core.settings import BadSetting, Settings
from core.slugs import nearest

_NAME = re.compile(r"[a-z0-9_]{1,100}")
_LOOK_AGAIN_S = 1.0
_TRY_AGAIN_S = 10.0  # loading a broken model at every call would be work for nothing
_DEADLINE_S = 10  # of a server that makes live pictures
_log = logging.getLogger(__name__)


@dataclass
class _Entry:
    identity: object = None
    looked: float = 0.0
    model: LiveModel | None = None
    failure: str = ""


class LiveModels:
    """Finds generators by name and keeps them, until another version takes their place."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.models_folder
        self._served = served_models(settings.live_serving)
        self._licence = settings.licences.generated
        self._entries: dict[str, _Entry] = {}
        self._loading = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the models that there are, without reading them."""
        try:
            found = {e.name for e in os.scandir(self._folder) if e.is_dir() and _is_model(e.path)}
        except OSError:
            found = set()
        return sorted(found | set(self._served))

    def check_name(self, name: str) -> None:
        """Raise `NotFound` unless there is such a model."""
        if name in self._served:
            return
        if _NAME.fullmatch(name) and _is_model(f"{self._folder}/{name}"):
            return
        close = nearest(name[:100], self.names())
        raise NotFound(
            f"there is no model {name[:100]}",
            f"did you mean {close}?" if close else "",
            what="model",
            instead=f"/live/{close}" if close else "",
        )

    def ready(self, name: str) -> LiveModel | None:
        """Return the model if it is loaded and still the newest one."""
        entry = self._entries.get(name)
        if entry is None or entry.model is None:
            return None
        now = time.monotonic()
        if now - entry.looked > _LOOK_AGAIN_S:
            entry.looked = now
            if self._identity(name) != entry.identity:
                return None
        return entry.model

    def load(self, name: str) -> LiveModel:
        """Load the newest version of a model. Raises `NotMade`, for a while without trying."""
        with self._loading:
            ready = self.ready(name)
            if ready is not None:
                return ready
            now = time.monotonic()
            entry = self._entries.get(name)
            if entry is None or not entry.failure or now - entry.looked > _TRY_AGAIN_S:
                entry = _Entry(self._identity(name), now)
                try:
                    entry.model = self._open(name)
                except NonesuchError as error:
                    entry.failure = str(error)
                    _log.warning("live pictures of %s: %s", name, error)
                self._entries[name] = entry
            if entry.model is None:
                raise NotMade(f"the model {name} cannot be used at the moment")
            return entry.model

    def forget(self, name: str) -> None:
        """Load a model anew at the next call: its server may have another version by then."""
        if name in self._served:
            self._entries.pop(name, None)

    def _open(self, name: str) -> LiveModel:
        from sources.registry import find_model, open_source
        from sources.spec.description import LITERT, SERVING

        model = find_model(
            self._folder, _impatient(self._served[name]) if name in self._served else name
        )
        if model.runtime not in (LITERT, SERVING):
            raise NotMade(f"{name} needs TensorFlow", "give it a LiteRT file or a server")
        # one thread: how many run at once is what the slots are for
        source = open_source(model, 1)
        return LiveModel(
            source, is_remote=model.runtime == SERVING, judge=open_judge(model),
            licence=self._licence,
        )  # fmt: skip

    def _identity(self, name: str) -> object:
        """Return what changes when a version is added or replaced: then its folder's entries do."""
        if name in self._served:
            return None
        try:
            status = os.stat(f"{self._folder}/{name}")  # noqa: PTH116 - a Path takes three times
        except OSError:
            return None
        return status.st_dev, status.st_ino, status.st_mtime_ns


def _is_model(folder: str) -> bool:
    """Say whether the newest version in a model's folder has a LiteRT file that makes pictures."""
    from core.model_kinds import is_translation

    try:
        newest = max((e.name for e in os.scandir(folder) if e.name.isdecimal()), key=int)
        has_file = any(name.endswith(".tflite") for name in os.listdir(f"{folder}/{newest}"))
    except (OSError, ValueError):
        return False
    return has_file and not is_translation(folder)


def _impatient(address: str) -> str:
    """Return an address with a visitor's patience, unless it says another."""
    base, _, options = address.partition("?")
    return f"{base}?tries=1&deadline={_DEADLINE_S}&{options}"


def served_models(entries: tuple[str, ...]) -> dict[str, str]:
    """Return name → address from ``name=tfserving://…`` entries. Raises `BadSetting`."""
    served = {}
    for entry in entries:
        name, found, address = entry.partition("=")
        if not found or not _NAME.fullmatch(name) or not address.startswith("tfserving"):
            raise BadSetting(
                f"NONESUCH_LIVE_SERVING: {entry!r} is no name=address",
                "for example: emoji=tfserving://localhost:8501/emoji",
            )
        served[name] = address
    return served
