"""What pages of other sites may embed, also where they let nothing in that does not say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from flask.testing import FlaskClient

from tests.conftest import Filled

if TYPE_CHECKING:
    from selenium import webdriver

OWN_ALONE = ["/", "/gallery", "/c/hat", "/play", "/about", "/curate", "/categoriesx", "/nothing"]


def embedded(store: Filled) -> dict[str, int]:
    """Return what others may embed, and the status of each."""
    category, file, _ = store.some("hat")
    short_hash = file.partition("-")[2].partition(".")[0]
    return {
        f"/images/{category}/{file}": 200,
        f"/sized/64/{short_hash}.png": 200,
        "/random": 302,
        "/random.webp?size=64": 302,
        "/seed/Ada": 302,
        "/seed/Ada/64.jpg": 302,
        "/c/hat/seed/Ada.webp": 302,
        "/avatar/Ada.png": 200,
        "/today.webp": 200,
        "/64/48": 200,
        "/live/emoji": 200,
        "/live/emoji.png?seed=7": 200,
        "/categories": 200,
        "/categories.json": 200,
        "/api/v1/random": 200,
        "/api/v1/openapi.json": 200,
        # and what is wrong with an address can be read too
        "/images/hat/1-0123456789ab.webp": 404,
        "/sized/64/0123456789ab.webp": 404,
        "/random.gif": 404,
        "/seed/Ada/65.webp": 400,
        "/live/nobody": 404,
        "/live/emoji?seed=x": 400,
        "/api/v1/nothing": 404,
    }


def test_what_others_may_embed_says_so(client: FlaskClient, filled: Filled) -> None:
    for address, status in embedded(filled).items():
        for accept in ("image/webp,*/*", "application/json", "text/html"):
            answer = client.get(address, headers={"Accept": accept, "Origin": "https://a.example"})
            if accept.startswith("image"):
                assert answer.status_code == status, address
            assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"], address
            assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]
            assert "Access-Control-Allow-Credentials" not in answer.headers
    known = client.get("/seed/Ada.webp").headers["Location"]
    etag = client.get(known).headers["ETag"]
    for headers in ({"If-None-Match": etag}, {"Range": "bytes=0-3"}):
        answer = client.get(known, headers=headers)
        assert answer.status_code in (304, 206)
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("address", OWN_ALONE)
def test_pages_are_the_sites_own(client: FlaskClient, address: str) -> None:
    headers = client.get(address, headers={"Accept": "text/html"}).headers
    assert "Cross-Origin-Resource-Policy" not in headers
    assert "Access-Control-Allow-Origin" not in headers


_ASK = """
const [addresses, done] = arguments;
const shown = (src, mode) => new Promise((resolve) => {
  const image = Object.assign(new Image(), { crossOrigin: mode });
  image.onload = () => resolve(image.naturalWidth);
  image.onerror = () => resolve(0);
  image.src = src;
});
(async () => {
  const found = {};
  for (const [address, kind] of addresses) {
    try {
      found[`${kind} ${address}`] = kind === "json"
        ? Object.keys(await (await fetch(address)).json()).length
        : await shown(address, kind === "canvas" ? "anonymous" : null);
    } catch (error) {
      found[`${kind} ${address}`] = String(error);
    }
  }
  done([crossOriginIsolated, found]);
})();
"""


@contextmanager
def isolated_page() -> Iterator[str]:
    """An empty page of another site, which lets nothing in that does not say that it may come."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.end_headers()
            self.wfile.write(
                b"<!doctype html><title>Another site</title><link rel=icon href=data:,>"
            )

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        # by a name: another site than 127.0.0.1, not only another origin
        yield f"http://localhost:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.browser
def test_an_isolated_page_of_another_site_shows_and_reads_all(
    shown_store: Filled, browser: "webdriver.Chrome"
) -> None:
    from tests.app.browsing import serving

    there = [address for address, status in embedded(shown_store).items() if status < 400]
    data = [address for address in there if address.startswith(("/api", "/categories"))]
    kinds = [("json", address) for address in data if address != "/categories"]
    kinds += [(k, a) for k in ("picture", "canvas") for a in there if a not in data]
    with contextmanager(serving)(shown_store.settings) as site:
        asked = [[site + address, kind] for kind, address in (*kinds, ("picture", "/favicon.svg"))]
        with isolated_page() as other:
            browser.get(other)
            is_isolated, found = browser.execute_async_script(_ASK, asked)
    assert is_isolated
    assert found.pop(f"picture {site}/favicon.svg") == 0  # which is the site's own
    assert len(found) == len(kinds)
    assert {what for what, size in found.items() if not isinstance(size, int) or size < 1} == set()
