"""The page that is made quickly is the page that the template makes."""

import re
from typing import Any

import pytest
from markupsafe import Markup

from app.identity.identity import Identity
from app.rendering.renderer import PageRenderer

VALUES: dict[str, Any] = {
    "title": "This <b> & 'c' does not exist", "hue": 3, "number": "0123456789ab",
    "heading": 'a "quoted" & <i>name</i> 100% %(name)s {{ x }}', "category": "cat",
    "address": "/images/cat/1.webp?v=1&w=2", "alternative": "an <em>",
    "width": 64, "height": 48, "line": "by <nobody>", "line_html": Markup("by <bdi>&lt;</bdi>"),
    "another": "/?walk=1.1", "permalink": "/i/0123456789ab?by=x&y",
}  # fmt: skip


@pytest.fixture
def renderer() -> PageRenderer:
    static = dict.fromkeys(("style.css", "turning.js", "favicon.svg"), "/static/x")
    return PageRenderer(Identity(name="A & <b> 50% %(name)s {{x}}"), static)


@pytest.mark.parametrize("variant", [set(), {"is_of_any_kind"}, {"is_small", "is_step"}])
@pytest.mark.parametrize("name", ["Ann", "a\ue002b<c>", "\ue002\ue002", "\ue000name\ue001&", ""])
def test_it_is_the_same_page(renderer: PageRenderer, variant: set[str], name: str) -> None:
    values = {**VALUES, "heading": name}
    flags: dict[str, Any] = dict.fromkeys(variant, True)
    quick = renderer.quick_page("picture.html", frozenset(variant), values)
    page = renderer.page("picture.html", **values, **flags)

    def without_nonce(text: str) -> str:
        return re.sub(r'nonce(="|-)[^"\']+', "nonce", text)

    body = b"".join(quick.body)
    assert without_nonce(body.decode()) == without_nonce(page.get_data(as_text=True))
    response = quick.response()
    assert response.get_data() == body
    plain = {name: without_nonce(value) for name, value in response.headers}
    assert plain == {
        **{name: without_nonce(value) for name, value in page.headers},
        "Content-Length": str(len(body)),
    }
    nonces = set(re.findall(r'nonce="([^"]+)"', body.decode()))
    assert len(nonces) == 1
    assert f"'nonce-{nonces.pop()}'" in response.headers["Content-Security-Policy"]
