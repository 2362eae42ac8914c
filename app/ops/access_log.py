"""Access logs as JSON lines, written by Granian: `bin/serve` with ACCESS_LOG=1.

Granian times each request and hands over what it knows; here it is only put into words. A path is
escaped as JSON escapes, so a line is one request, whatever was asked for.
"""

import json
import logging
from datetime import UTC, datetime

# the headers are Granian's _h0, _h1, …, in this order; `CONFIG` is --log-config
FORMAT = " ".join(
    f"%(header{{{name}}})s" for name in ("x-request-id", "x-forwarded-for", "user-agent")
)
CONFIG = "app/access_log.json"


class JsonLines(logging.Formatter):
    """Formats a record of the logger granian.access, whose arguments are one dictionary."""

    def format(self, record: logging.LogRecord) -> str:
        told = record.args
        if not isinstance(told, dict):
            return super().format(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "request_id": _given(told, "_h0"),
            "client": told["addr"],
            "forwarded_for": _given(told, "_h1"),
            "method": told["method"],
            "path": told["path"],
            "query": told["query_string"],
            "status": told["status"],
            "ms": round(float(str(told["dt_ms"])), 3),
            "agent": _given(told, "_h2"),
        }
        return json.dumps(line, separators=(",", ":"))


def _given(told: dict[str, object], name: str) -> object:
    value = told.get(name, "-")
    return None if value == "-" else value
