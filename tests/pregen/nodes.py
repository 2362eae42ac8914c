"""A real Ray cluster on this machine: nodes are processes, and can be killed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# a node that dies is missed after five seconds, not after fifteen
_NOTICE = {"health_check_period_ms": 1000, "health_check_timeout_ms": 4000,
           "health_check_failure_threshold": 5}  # fmt: skip


class Nodes:
    """A head without cores and nodes with one core each."""

    def __init__(self, count: int, **resources: int) -> None:
        from ray.cluster_utils import Cluster

        self._resources = {"num_cpus": 1, **resources}
        self._cluster: Any = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0, "include_dashboard": False,
                "object_store_memory": 100 * 2**20, "_system_config": _NOTICE,
            },
        )  # fmt: skip
        self.alive: list[Any] = []
        for _ in range(count):
            self.add()

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    def add(self) -> None:
        for is_last in (False, False, True):
            try:
                self.alive.append(
                    self._cluster.add_node(
                        wait=False, object_store_memory=100 * 2**20, **self._resources
                    )
                )
                return
            except Exception:  # Ray's own: a busy machine did not start it within 30 s
                if is_last:
                    raise

    def kill(self, place: int) -> None:
        """End a node's processes at once, as a power cut of its machine would."""
        self._cluster.remove_node(self.alive.pop(place), allow_graceful=False)

    def end(self) -> None:
        self._cluster.shutdown()


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
