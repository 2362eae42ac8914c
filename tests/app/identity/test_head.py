"""What an owner adds to the head of every page runs; nothing else does."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from app.identity.identity import Head
from app.identity.reading import BadSite, identity_of
from core.settings import Settings


def head(html: str, **csp: list[str]) -> Head:
    lines = [f"{name.replace('_', '-')} = {json.dumps(sources)}" for name, sources in csp.items()]
    text = f"[head]\nhtml = '''{html}'''\n[head.csp]\n" + "\n".join(lines)
    return identity_of(Path("site.toml"), text, Settings()).head


def test_what_is_written_is_allowed_by_its_digest() -> None:
    script, style = "let a = '<b>&amp;';", "p { color: red }"
    found = head(f"<script>{script}</script>\n<style>{style}</style><meta name=a content=b>")
    for directive, text in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert found.sources[directive] == (f"'sha256-{digest}'",)
    assert found.hosts == ()


@pytest.mark.parametrize(
    ("source", "is_enough"),
    [
        ("https://a.example", True),
        ("https://*.example", True),
        ("https://a.example/x/", True),
        ("https://a.example/x/y.js", True),
        ("https://a.example/y/", False),
        ("https://b.example", False),
        ("https://a.example:8443", False),
        ("wss://a.example", False),
    ],
)
def test_what_is_loaded_has_to_be_among_the_sources(source: str, is_enough: bool) -> None:
    html = '<script src="https://a.example/x/y.js" async></script>'
    if is_enough:
        assert head(html, script_src=[source], connect_src=["https://c.example"]).hosts
        return
    with pytest.raises(BadSite, match=r'loads https://a.example/x/y.js.*script-src = \["https://a'):
        head(html, script_src=[source])


def test_style_sheets_and_icons_are_loaded_too() -> None:
    html = (
        '<link rel="stylesheet" href="https://f.example/a.css"><link rel="me" href="https://m.x/">'
    )
    with pytest.raises(BadSite, match="style-src"):
        head(html)
    assert head(html, style_src=["https://f.example"]).hosts == ("f.example",)


@pytest.mark.parametrize(
    ("html", "complaint"),
    [
        ("<script>let a = 1;", "<script> is not closed"),
        ("<p>Hello</p>", "<p> cannot stand in a page's head"),
        ("Hello", "'Hello' is text"),
        ('<link rel="x" onload="go()">', "<link> has onload=, which browsers refuse"),
        ('<script src="/own.js"></script>', "/own.js has no host"),
    ],
)
def test_what_a_browser_would_refuse_is_complained_about(html: str, complaint: str) -> None:
    with pytest.raises(BadSite, match=f"line 2: head.html: {complaint}"):
        head(html)
