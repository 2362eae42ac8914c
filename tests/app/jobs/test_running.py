"""A job in a process of its own: one at a time, seen by all, stopped, interrupted, continued."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from click.testing import Result
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import create_app
from app.curate.token import OwnerToken
from app.http.errors import JobRunning, NoJob
from app.jobs.running import DONE, FAILED, INTERRUPTED, RUNNING, STOPPED, Jobs, OwnerJob
from core.settings import PROJECT, Settings
from store.index.database import open_engine
from store.index.states import LIVE
from store.index.tables import image
from tests.app.curate.forms import act, enter

PATIENCE_S = 120.0
Flask = Callable[..., Result]


def until(jobs: Jobs, *states: str, total: int = 0) -> OwnerJob:
    """Wait for a state, and until so many pictures are announced."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        job = jobs.now()
        if job is not None and job.state in states and job.total >= total:
            return job
        time.sleep(0.05)
    raise AssertionError(f"{jobs.now()} is not {states}")


def pictures(settings: Settings) -> int:
    with open_engine(settings).connect() as connection:
        count = select(func.count()).select_from(image).where(image.c.state == LIVE)
        return int(connection.execute(count).scalar_one())


@pytest.fixture
def site(settings: Settings, flask_command: Flask) -> Settings:
    done = flask_command("pregen", "--model", "tiny", "--samples", "2", "--categories", "hat,bird")
    assert done.exit_code == 0, done.output
    return settings


@pytest.fixture
def owner(site: Settings) -> FlaskClient:
    client = create_app(site).test_client()
    assert enter(client, OwnerToken(site).make()).status_code == 303
    return client


def test_sixty_more_stopped_killed_and_continued_end_as_without(
    owner: FlaskClient, site: Settings
) -> None:
    """Another worker sees it, refuses a second one, and continues what was killed."""
    other = Jobs(site)
    begun = act(owner, "/curate/job", act="more", category="HAT")
    assert begun.status_code == 200, begun.text
    assert begun.get_json()["job"]["title"] == "60 more of hat"
    assert until(other, RUNNING).words == (
        "top-up", "--categories", "hat", "--drawn-as", "hat", "--model", "tiny/1",
        "--samples", "62",
    )  # fmt: skip
    with pytest.raises(JobRunning):
        other.start("another", ["top-up"])
    assert act(owner, "/curate/job", act="top-up").status_code == 409
    job = other.now()
    assert job is not None
    os.kill(job.pid, signal.SIGKILL)
    assert until(other, INTERRUPTED).can_continue
    assert "interrupted" in owner.get("/curate").text
    act(owner, "/curate/job", act="continue")
    act(owner, "/curate/job", act="stop")
    until(other, STOPPED, DONE)
    if pictures(site) < 64:
        act(owner, "/curate/job", act="continue")
    done = until(other, DONE)
    assert pictures(site) == 64 and done.is_running is False
    told = owner.get("/curate/job").get_json()["job"]
    assert told["state"] == DONE and not told["can_continue"]
    with pytest.raises(NoJob):
        other.resume()
    failed = other.start("nonsense", ["top-up", "--samples", "none"])
    assert failed.title == "nonsense"
    assert "Invalid value" in " ".join(until(other, FAILED).lines)


SERVER = """
import sys, time
from app.jobs.running import Jobs
from core.settings import read_settings
import os
print(Jobs(read_settings(os.environ)).start("waits", sys.argv[1:]).pid, flush=True)
time.sleep(600)
"""


def test_it_ends_with_its_server(site: Settings) -> None:
    environment = {
        **os.environ,
        "NONESUCH_HOME": str(site.home),
        "NONESUCH_IMAGES_FOLDER": str(site.images_folder),
        "NONESUCH_INSTANCE_FOLDER": str(site.instance_folder),
        "NONESUCH_MODELS_FOLDER": str(site.models_folder),
    }
    if site.database_url:
        environment["DATABASE_URL"] = site.database_url
    words = ["pregen", "--model", "tiny", "--categories", "5", "--samples", "4000"]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *words],
        env=environment, cwd=PROJECT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    pid = int(server.stdout.readline())
    jobs = Jobs(site)
    assert until(jobs, RUNNING, total=1).pid == pid
    server.kill()
    server.wait()
    until(jobs, STOPPED)
    kept = pictures(site)
    assert 4 < kept < 20_000
    assert len(list(site.images_folder.rglob("*.webp"))) == kept
    assert not list(site.images_folder.rglob(".*"))
