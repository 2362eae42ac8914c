"""Ray: connecting to a cluster or starting one here, and how many generators it has room for."""

import logging
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.errors import NonesuchError
from core.settings import PROJECT
from sources.spec.description import SAVED_MODEL, Model

OURS = ("core", "store", "sources", "pregen")  # what makers import of this project
_MEMORY_BYTES = 128 * 2**20  # of Ray's object store here: jobs are 300 kB, and few


class NoRay(NonesuchError):
    """Ray is not installed, its cluster does not answer, or has no room."""


@contextmanager
def connected(address: str, cpus: int, parcel_bytes: int) -> Iterator[Any]:
    """Yield the module ``ray``, connected; what was started here ends afterwards.

    ``address``: of a cluster, as Ray writes them; empty: one of ``cpus`` is started here. Raises
    `NoRay`.
    """
    # it would tell its makers of every run
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # warns on the terminal of what is as it should be: makers that need the model to start again
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # which devices nobody asked for is for the machine to say
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise NoRay(
            "--engine ray needs Ray, which is not installed",
            "pip install -r requirements-ray.txt, on every machine",
        ) from error
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address:
        _check(address)
        # other machines have no such folder, or another version in it
        modules = [str(PROJECT / name) for name in OURS]
        options |= {"address": address, "runtime_env": {"py_modules": modules}}
    else:
        options |= {
            "address": "local",
            "num_cpus": cpus,
            "include_dashboard": False,
            "object_store_memory": _MEMORY_BYTES + 2 * parcel_bytes,
            "runtime_env": {"env_vars": {"PYTHONPATH": str(PROJECT)}},
        }
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise NoRay(
            f"Ray does not answer at {address} ({reason})"
            if address
            else f"Ray did not start ({reason})",
            "see whether it runs with: ray status",
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check(address: str) -> None:
    """Raise `NoRay` where nobody listens: Ray itself would go on trying for minutes."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if not host or not port.isdecimal():
            raise OSError(0, "it is no host:port")
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NoRay(
            f"Ray does not answer at {address} ({reason})",
            "its own address is shown by: ray status",
        ) from error


def room(
    nodes: Sequence[dict[str, Any]], model: Model, threads: int | None
) -> tuple[int, dict[str, int], int]:
    """Return how many makers there is room for, what each asks for, and its threads.

    ``nodes``: as ``ray.nodes()`` gives them. One maker per GPU where there are any and the model
    can use one; else one per ``threads`` cores, by default 1 on LiteRT and 4 on TensorFlow.
    Raises `NoRay`.
    """
    resources = [node["Resources"] for node in nodes if node["Alive"]]
    gpus = sum(int(each.get("GPU", 0)) for each in resources)
    if gpus and model.runtime == SAVED_MODEL:
        return gpus, {"num_gpus": 1, "num_cpus": 0}, threads or 4
    cpus = [int(each.get("CPU", 0)) for each in resources]
    if not any(cpus):
        raise NoRay("the cluster has no cores to work on", "see what it has with: ray status")
    each = min(threads or (4 if model.runtime == SAVED_MODEL else 1), max(cpus))
    return sum(count // each for count in cpus), {"num_gpus": 0, "num_cpus": each}, each
