"""`/metrics`: figures for Prometheus, of all workers of this server, behind a token.

It is there only with a token: figures tell how busy a site is, and that a call came from this
machine proves nothing behind a proxy on the same machine.
"""

import hmac
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from app.http.errors import NotTheOwner
from app.ops.index_handle import OpenIndex
from app.ops.request_counts import BOUNDS_S, CLASSES, RequestCounts
from store.index.database import IndexMissing, IndexUnusable

if TYPE_CHECKING:
    from prometheus_client import Metric

_TOTALS = "SELECT COUNT(*), COALESCE(SUM(n), 0) FROM category WHERE n > 0"


def metrics(token: str, index: OpenIndex, counts: RequestCounts) -> Blueprint:
    """Return the route; whoever has the token may ask."""
    routes = Blueprint("metrics", __name__)
    expected = f"Bearer {token}".encode()

    @routes.get("/metrics")
    def figures() -> Response:
        given = request.headers.get("Authorization", "")[:1000].encode("utf-8", "replace")
        if not hmac.compare_digest(given, expected):
            raise NotTheOwner(
                "the figures are for whoever has the token",
                "send it as: Authorization: Bearer <NONESUCH_METRICS_TOKEN>",
            )
        # for workers that are asked
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_LATEST

        registry = CollectorRegistry()
        registry.register(_Figures(index, counts))
        headers = [("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")]
        return Response(generate_latest(registry), headers=headers)

    return routes


class _Figures:
    """Collects what there is at the moment of a question."""

    def __init__(self, index: OpenIndex, counts: RequestCounts) -> None:
        self._index, self._counts = index, counts

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        requests = CounterMetricFamily(
            "nonesuch_requests", "Requests answered.", labels=["kind", "status"]
        )
        seconds = HistogramMetricFamily(
            "nonesuch_request_seconds", "Until an answer began, within the worker.", labels=["kind"]
        )
        for counted in self._counts.read():
            for name, number in zip(CLASSES, counted.classes, strict=True):
                if number:
                    requests.add_metric([counted.kind, name], number)
            if any(counted.buckets):
                seconds.add_metric(
                    [counted.kind], _cumulative(counted.buckets), sum_value=counted.seconds
                )
        yield requests
        yield seconds
        try:
            categories, pictures = self._index.reader().ask(_TOTALS, {})[0]
        except (IndexMissing, IndexUnusable):
            yield GaugeMetricFamily("nonesuch_index_up", "Whether the index can be read.", 0)
            return
        yield GaugeMetricFamily("nonesuch_index_up", "Whether the index can be read.", 1)
        yield GaugeMetricFamily("nonesuch_pictures", "Live pictures.", pictures)
        yield GaugeMetricFamily("nonesuch_categories", "Categories that show.", categories)


def _cumulative(buckets: tuple[int, ...]) -> list[tuple[str, float]]:
    total, found = 0, []
    for bound, number in zip((*map(str, BOUNDS_S), "+Inf"), buckets, strict=True):
        total += number
        found.append((bound, float(total)))
    return found
