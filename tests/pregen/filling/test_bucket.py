"""`flask pregen` into a bucket whose server is killed in the middle: continued, nothing is lost."""

import dataclasses
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import create_app
from core.settings import PROJECT, Settings
from store.files.opening import open_bucket
from store.index.database import open_engine
from tests.pregen.filling.test_pregen import rows_of
from tests.scaled import in_environment
from tests.servers.object_store import BUCKET, ObjectStore

WORDS = ["pregen", "--model", "tiny", "--categories", "5", "--samples"]
URL = f"s3://{BUCKET}/p"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    found = ObjectStore(tmp_path / "server")
    found.start()
    for name, value in found.environ.items():
        monkeypatch.setenv(name, value)
    yield found
    found.remove()


def start(settings: Settings, samples: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *WORDS, str(samples), "--threads", "1"],
        cwd=PROJECT,
        env={
            **os.environ,
            **in_environment(settings),
            "FLASK_APP": "app",
            "NONESUCH_MODELS_FOLDER": str(settings.models_folder),
            "NONESUCH_STORE_WAIT_S": "1",
            "SECRET_KEY": "test",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.long
def test_the_server_is_killed_in_the_middle(settings: Settings, server: ObjectStore) -> None:
    settings = dataclasses.replace(settings, store_url=URL)
    store = open_bucket(URL, 10.0)
    process = start(settings, 800)
    until = time.monotonic() + 120
    while len(list(store.walk())) < 200 and time.monotonic() < until:
        time.sleep(0.05)
    server.kill()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "does not answer" in output and "run the same command again" in output
    assert "Traceback" not in output
    server.start()
    acknowledged = {(row.slug, row.file) for row in rows_of(settings)}
    assert 100 <= len(acknowledged) < 4000
    assert acknowledged <= {(found.category, found.file) for found in store.walk()}
    last = start(settings, 100)
    output, _ = last.communicate(timeout=300)
    assert last.returncode == 0, output
    # what the server had and no row had told of is made again, to the same bytes
    known = {(row.slug, row.file) for row in rows_of(settings)}
    orphans = {(found.category, found.file) for found in store.walk()} - known
    runner = create_app(settings).test_cli_runner()
    verified = runner.invoke(args=["verify", "--rebuild", "5"])
    if orphans:  # of pictures beyond those that the second run was asked for
        assert all("orphaned" in line for line in verified.output.splitlines()
                   if "/" in line and ":" in line), verified.output  # fmt: skip
        assert runner.invoke(args=["index"]).exit_code == 0
        verified = runner.invoke(args=["verify", "--rebuild", "5"])
    assert verified.exit_code == 0, verified.output
    open_engine(settings).dispose()


def test_before_anything_is_made(
    settings: Settings, server: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong secret, a missing bucket, no server: one line each, and no row."""
    for url, variables, message in (
        (URL, {"AWS_SECRET_ACCESS_KEY": "wrong"}, "refuses this key (SignatureDoesNotMatch)"),
        ("s3://nowhere/p", {}, "there is no bucket for s3://nowhere/p"),
        (URL, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "does not answer (connection refused)"),
    ):
        with monkeypatch.context() as patch:
            for name, value in {**server.environ, **variables}.items():
                patch.setenv(name, value)
            asked = dataclasses.replace(settings, store_url=url, store_wait_s=0.5)
            result = create_app(asked).test_cli_runner().invoke(args=[*WORDS, "2"])
        assert result.exit_code == 1, result.output
        assert message in result.output.splitlines()[-1]
        assert result.output.splitlines()[-1].startswith("Error: ")
        assert not any(row.state == "live" for row in rows_of(asked))
