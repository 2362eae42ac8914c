"""Markdown of an owner: shown, and nothing but shown."""

from pathlib import Path

import pytest

from app.identity.reading import BadSite, identity_of
from core.settings import Settings


def about(text: str) -> str:
    return str(identity_of(Path("site.toml"), f"about = '''\n{text}'''", Settings()).about)


def test_markdown_becomes_html_below_the_pages_own_heading() -> None:
    found = about("# Who we are\n*We* and [you](https://example.org).\n\n## Data protection\n- a\n")
    assert '<h2 id="who-we-are">Who we are</h2>' in found
    assert '<p><em>We</em> and <a href="https://example.org">you</a>.</p>' in found
    assert '<h3 id="data-protection">' in found and "<li>a</li>" in found
    assert "<table>" in about("| a | b |\n|---|---|\n| 1 | 2 |\n")


def test_headings_leave_no_gap() -> None:
    found = about("## A\n#### B\n# C\n")
    assert '<h2 id="a">A</h2>' in found and '<h3 id="b">B</h3>' in found
    assert '<h2 id="c">C</h2>' in found
    assert '<h2 id="a">A</h2>' in about("### A\n")


def test_html_that_sets_text_is_kept() -> None:
    assert about("1 Example Street<br>Example Town") == (
        "<p>1 Example Street<br>Example Town</p>\n"
    )


@pytest.mark.parametrize(
    ("text", "tag", "line"),
    [
        ("a\n\n<script>alert(1)</script>\n", "script", 4),
        ("a\nb\n\nc <iframe src=x></iframe>", "iframe", 5),
        ("<style>p {}</style>", "style", 2),
        ("<form action=/x><input></form>", "form", 2),
    ],
)
def test_html_that_does_more_is_refused_with_its_line(text: str, tag: str, line: int) -> None:
    with pytest.raises(BadSite, match=rf"line {line}: about holds <{tag}>.*write it as Markdown"):
        about(text)


def test_a_text_on_one_line_is_complained_about_there() -> None:
    with pytest.raises(BadSite, match="line 1: about holds <script>"):
        identity_of(Path("site.toml"), "about = 'a <script>b</script>'", Settings())


@pytest.mark.parametrize(
    "text",
    [
        "<p onclick='alert(1)'>a</p>",
        "<b style='position:fixed'>a</b>",
        "[a](javascript:alert(1))",
        "<a href='javascript:alert(1)'>a</a>",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_what_could_run_is_taken_out(text: str) -> None:
    found = about(text)
    for wrong in ("onclick", "onerror", "style=", "<script", 'href="javascript'):
        assert wrong not in found
