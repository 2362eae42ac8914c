"""The two questions that the workflow asks GitHub, answered over HTTP as its documentation says.

https://docs.github.com/rest/pages/pages and https://docs.github.com/rest/repos/repos
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Forge:
    """What there is to be told of the repository somebody/things."""

    api: str
    pages: dict[str, Any] | None  # None: Pages is off
    created_at: str
    status: int = 200  # of every answer

    @property
    def environment(self) -> dict[str, str]:
        """What a runner sets."""
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.api,
            "GITHUB_REPOSITORY": "somebody/things",
            "GITHUB_SERVER_URL": "https://forge.example",
        }


@contextmanager
def answering(created_at: str) -> Iterator[Forge]:
    """Serve the API at a free port; Pages is on, with a workflow as its source."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = forge.status, {}
            if self.headers["Authorization"] != "Bearer token of the run":
                status = 401
            elif self.path == "/repos/somebody/things":
                body = {"full_name": "somebody/things", "created_at": forge.created_at}
            elif self.path == "/repos/somebody/things/pages" and forge.pages is not None:
                body = forge.pages
            else:
                status, body = 404, {"message": "Not Found", "status": "404"}
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    forge = Forge(
        f"http://127.0.0.1:{server.server_address[1]}",
        {"html_url": "https://somebody.forge.example/things", "build_type": "workflow",
         "status": None, "cname": None, "custom_404": False, "public": True},
        created_at,
    )  # fmt: skip
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
