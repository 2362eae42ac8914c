"""The API against its own document, by schemathesis over HTTP: it asks what the document allows and
what it does not, follows what answers lead to, and compares what comes back with the document."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.browsing import serving
from tests.conftest import Filled

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = "10"


@pytest.fixture(scope="module")
def counted_by_nobody(shown_store: Filled) -> Iterator[str]:
    yield from serving(shown_store.settings, NONESUCH_API_CALLS_PER_MINUTE="0")


def test_the_api_does_what_its_document_says(counted_by_nobody: str, tmp_path: Path) -> None:
    address = f"{counted_by_nobody}/api/v1/openapi.json"
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION),
            "run", address, "--checks", "all", "--max-examples", EXAMPLES, "--seed", "1",
            "--continue-on-failure", "--no-color",
        ],
        cwd=tmp_path,  # it keeps notes
        capture_output=True,
        text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    asked = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert asked is not None, done.stdout
    assert int(asked[1]) > 200
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested is not None and int(tested[1]) == 14
