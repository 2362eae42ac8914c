"""What the workflow `pages` asks before it begins: where the site will be, and how many pictures.

    python3 -m bin.pages

Needs nothing installed. A runner sets GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY and
GITHUB_OUTPUT, the workflow GITHUB_TOKEN, MODEL and CATEGORIES. Into the file GITHUB_OUTPUT go:

    address    where GitHub Pages serves this repository
    samples    pictures of each category: 60, and one more for each week of the repository's life
    store      name of the cache that these pictures may be in, whatever their number
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import NonesuchError

FIRST, MOST = 60, 100  # more were chosen of every category but a few parts: docs/choosing.md
WEEK_S = 7 * 24 * 3600
WAIT_S = 30
MODELS = Path(__file__).resolve().parents[1] / "models"


class CannotPublish(NonesuchError):
    """Pages is off, or the forge does not say where it is."""


def ask(environ: Mapping[str, str], path: str) -> Any:
    """Return what the forge says of the repository. Raises `CannotPublish`."""
    request = urllib.request.Request(  # noqa: S310 - the runner's own address
        f"{environ['GITHUB_API_URL']}/repos/{environ['GITHUB_REPOSITORY']}{path}",
        headers={
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {environ['GITHUB_TOKEN']}",
            "X-GitHub-Api-Version": "2022-11-28",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404 and path == "/pages":
            raise _off(environ, "GitHub Pages is off in this repository") from error
        raise CannotPublish(
            f"GitHub says {error.code} to a question about {path or 'the repository'}",
            "run the workflow again; it needs the permissions contents: read and pages: read",
        ) from error
    except (OSError, ValueError) as error:
        raise CannotPublish("GitHub does not answer", "run the workflow again") from error


def _off(environ: Mapping[str, str], message: str) -> CannotPublish:
    return CannotPublish(
        message,
        f"choose the source GitHub Actions at {environ['GITHUB_SERVER_URL']}/"
        f"{environ['GITHUB_REPOSITORY']}/settings/pages, then run this workflow again",
    )


def address_of(environ: Mapping[str, str]) -> str:
    """Return where Pages serves the site, on a domain of the owner's where there is one."""
    found = ask(environ, "/pages")
    if found.get("build_type") == "legacy":
        raise _off(environ, "GitHub Pages serves a branch of this repository")
    return str(found["html_url"])


def samples_at(now: datetime, created: datetime) -> int:
    """Return how many pictures each category has: pictures are added, none goes."""
    weeks = max(0, int((now - created).total_seconds() // WEEK_S))
    return min(FIRST + weeks, MOST)


def store_of(model: str, categories: str) -> str:
    """Return a name for pictures of these categories by this model, as its files are now."""
    digest = hashlib.sha256(f"{model}\n{categories}\n".encode())
    folder = MODELS / model
    if folder.resolve().is_relative_to(MODELS):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{path.relative_to(MODELS)}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"store-{digest.hexdigest()[:16]}"


def main() -> int:
    environ = os.environ
    try:
        address = address_of(environ)
        created = datetime.fromisoformat(ask(environ, "")["created_at"])
    except NonesuchError as error:
        print(f"::error title=Nothing was published::{error}", file=sys.stderr)
        return 1
    samples = samples_at(datetime.now(UTC), created)
    store = store_of(environ["MODEL"], environ["CATEGORIES"])
    with open(environ["GITHUB_OUTPUT"], "a", encoding="utf-8") as output:  # noqa: PTH123
        output.write(f"address={address}\nsamples={samples}\nstore={store}\n")
    print(f"{address}: up to {samples} pictures of each category")
    return 0


if __name__ == "__main__":
    sys.exit(main())
