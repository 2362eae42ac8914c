"""A real Ray cluster on this machine: nodes are processes, and can be killed."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

# a node that dies is missed after five seconds, not after fifteen
_NOTICE = {"health_check_period_ms": 1000, "health_check_timeout_ms": 4000,
           "health_check_failure_threshold": 5}  # fmt: skip
_STORE = {"object_store_memory": 100 * 2**20}


class Nodes:
    """A head without cores and nodes with one core each.

    A process of their own starts them: Ray forks, and in one that has used gRPC, as tests of
    TensorFlow Serving do, some of its children die in that library's handlers.
    """

    def __init__(self, count: int, **resources: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, {"num_cpus": 1, **resources}))
        self._process.start()
        theirs.close()
        self.address = str(self._answer())
        self.count = 0
        for _ in range(count):
            self.add()

    def add(self) -> None:
        self._pipe.send(("add", 0))
        self._answer()
        self.count += 1

    def kill(self, place: int) -> None:
        """End a node's processes at once, as a power cut of its machine would."""
        self._pipe.send(("kill", place))
        self._answer()
        self.count -= 1

    def end(self) -> None:
        self._pipe.close()
        self._process.join()

    def _answer(self) -> object:
        found = self._pipe.recv()
        if isinstance(found, Exception):
            raise found
        return found


def _serve(pipe: Connection, resources: dict[str, int]) -> None:
    """Start a head, then add and kill nodes as told, until the other end is closed."""
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "_system_config": _NOTICE, **_STORE}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    alive: list[Any] = []
    pipe.send(cluster.address)
    while True:
        try:
            what, place = pipe.recv()
        except EOFError:
            break
        try:
            if what == "add":
                alive.append(_add(cluster, resources))
            else:
                cluster.remove_node(alive.pop(place), allow_graceful=False)
            pipe.send(None)
        except Exception as error:
            pipe.send(RuntimeError(str(error)))
    cluster.shutdown()


def _add(cluster: Any, resources: dict[str, int]) -> object:
    for is_last in (False, False, True):
        try:
            return cluster.add_node(wait=False, **_STORE, **resources)
        except Exception:  # Ray's own: a busy machine did not start it within 30 s
            if is_last:
                raise
    raise AssertionError


@contextmanager
def ray_nodes(count: int, **resources: int) -> Iterator[Nodes]:
    """Yield nodes that end afterwards, with all their processes."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Ray's workers stand back behind everything else that runs, such as other tests
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    # a node's first process may take longer than Ray's own 30 s to start beside other tests
    os.environ["RAY_gcs_server_port_wait_time_s"] = "120"  # noqa: SIM112
    nodes = Nodes(count, **resources)
    try:
        yield nodes
    finally:
        nodes.end()
