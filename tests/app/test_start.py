"""Starting: what is imported, what the environment says, commands beside the site."""

import json
import os
import subprocess
import sys

import pytest

from app import create_app
from app.commands import COMMANDS
from store.settings import PROJECT, Settings
from tests.conftest import Filled
from tests.scaled import in_environment

HEAVY = ["PIL", "ai_edge_litert", "alembic", "imagehash", "keras", "numpy", "obstore", "scipy",
         "tensorflow"]  # fmt: skip
OF_COMMANDS = ["gan", "pregen", "sources", "store.cli", "store.encoding", "store.migrating"]
SERVE = """
import json, sys
from app.wsgi import app
client = app.test_client()
page = client.get("/")
picture = client.get(page.text.split('<img src="')[1].split('"')[0])
print(json.dumps([page.status_code, picture.status_code, sorted(sys.modules)]))
"""


def run(settings: Settings, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NONESUCH_", "FLASK_"))}
    environment = {
        **kept,
        **in_environment(settings),
        **variables,
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.folder  # a bucket takes its client
def test_a_site_that_serves_imports_nothing_heavy(filled: Filled) -> None:
    done = run(filled.settings, "-c", SERVE)
    assert done.returncode == 0, done.stderr
    page, picture, modules = json.loads(done.stdout)
    assert (page, picture) == (200, 200)
    assert "app.wsgi" in modules
    assert [m for m in modules if m.partition(".")[0] in HEAVY or m in OF_COMMANDS] == []


def test_commands_are_there_before_there_is_an_index(settings: Settings) -> None:
    done = run(settings, "-m", "flask", "--help")
    assert done.returncode == 0, done.stderr
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    assert not (settings.instance_folder / "index.sqlite3").exists()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_found(settings: Settings, name: str) -> None:
    result = create_app(settings).test_cli_runner().invoke(args=[name, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


def test_an_unknown_setting_is_one_line(settings: Settings) -> None:
    done = run(settings, "-m", "flask", "db", "upgrade", NONESUCH_SITE_NAM="x")
    assert done.returncode != 0
    assert "did you mean NONESUCH_SITE_NAME?" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_setting_of_the_environment_reaches_the_site(settings: Settings) -> None:
    code = "from app import create_app; print(create_app().extensions['settings'].site_name)"
    assert run(settings, "-c", code, NONESUCH_SITE_NAME="Elsewhere").stdout == "Elsewhere\n"
