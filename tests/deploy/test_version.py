"""The version stands in pyproject.toml and over the newest section of the changelog."""

import re
import tomllib
from datetime import date
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
HEADING = re.compile(r"^## \[(.+?)\](?: - (\S+))?$", re.MULTILINE)


def headings() -> list[tuple[str, str]]:
    """Return version and day of every section of the changelog, the newest first."""
    return HEADING.findall((HOME / "CHANGELOG.md").read_text(encoding="utf-8"))


def test_versions_agree() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert headings()[0] == ("Unreleased", "")
    assert project["version"] == headings()[1][0], "see docs/releasing.md"


def test_releases_are_dated_and_in_order() -> None:
    released = headings()[1:]
    assert released
    numbers = [tuple(map(int, version.split("."))) for version, _ in released]
    days = [date.fromisoformat(day) for _, day in released]
    assert all(len(number) == 3 for number in numbers)
    assert numbers == sorted(set(numbers), reverse=True)
    assert days == sorted(days, reverse=True)
