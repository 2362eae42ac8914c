"""`make demo`: the first owner says where the site is, and README.md begins with it."""

import re
from pathlib import Path

import pytest

from bin.demo import CannotName, with_demo
from core.settings import PROJECT
from tests.deploy.conftest import Run


def first_link(text: str) -> str:
    match = re.search(r"\]\(([^)]+)\)", text)
    assert match
    return match[1]


@pytest.mark.usefixtures("installed")
def test_the_first_link_is_the_demo(run: Run, clone: Path) -> None:
    readme = clone / "README.md"
    before = readme.read_text()
    for address in ("https://somebody.github.io/things/", "http://x.example:8000/a~b"):
        done = run("make", "demo", f"ADDRESS={address}")
        assert done.returncode == 0, done.stderr
        assert first_link(readme.read_text()) == address
    assert len(readme.read_text().splitlines()) == len(before.splitlines())


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    "address", ["", "somebody.github.io", "https://x.example/)](y", "ftp://x/"]
)
def test_what_is_no_address_is_one_line(run: Run, clone: Path, address: str) -> None:
    before = (clone / "README.md").read_text()
    done = run("make", "demo", f"ADDRESS={address}")
    assert done.returncode != 0
    line = done.stderr.splitlines()[0]
    assert line.startswith(f"error: ADDRESS={address!r} is no address of a site; for example: make")
    assert (clone / "README.md").read_text() == before


def test_a_readme_without_the_place_says_so() -> None:
    with pytest.raises(CannotName, match=r"README\.md has no place for it; write the lines"):
        with_demo("# Things\n", "https://x.example/")


def test_the_readme_here_names_nobodys_site_or_one_that_was_filled_in() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert first_link(text) == first_link(text.partition("<!-- demo -->")[2])
