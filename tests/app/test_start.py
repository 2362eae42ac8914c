"""Starting: what is imported, what the environment says, commands beside the site."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner
from flask.cli import cli

from app import create_app
from app.commands import COMMANDS
from core.settings import PROJECT, Settings
from tests.conftest import Filled
from tests.programs import absent
from tests.scaled import in_environment

HEAVY = ["PIL", "ai_edge_litert", "alembic", "imagehash", "keras", "numpy", "obstore", "scipy",
         "tensorflow"]  # fmt: skip
OF_COMMANDS = [
    "gan",
    "pregen",
    "sources",
    "store.index.cli",
    "store.formats.encoding",
    "store.index.migrating",
]
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


WRONG = {
    "NONESUCH_SITE_NAM": "x",
    "NONESUCH_DEFAULT_LOCALE": "xx",
    "NONESUCH_LIVE_SERVING": "bad",
    "NONESUCH_LIVE_AT_ONCE": "99999999999999",
    "NONESUCH_STORE_ANSWERS": "never",
    "REDIS_URL": "redis://host:port",
    "DATABASE_URL": "mysql://user:secret@host/x",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_wrong_setting_is_one_line_of_a_command(
    settings: Settings, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("NONESUCH_")]:
        monkeypatch.delenv(name)
    environment = {**in_environment(settings), variable: WRONG[variable]}
    done = CliRunner().invoke(cli, ["--app", "app", "db", "upgrade"], env=environment)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1
    assert "secret" not in done.stderr
    assert not (settings.instance_folder / "index.sqlite3").exists()


@pytest.mark.parametrize(
    "words", [("-m", "flask", "--help"), ("-c", "import app.wsgi")], ids=["help", "server"]
)
@pytest.mark.parametrize("variable", ["NONESUCH_DEFAULT_LOCALE", "NONESUCH_LIVE_SERVING"])
def test_and_of_help_and_of_a_server(
    settings: Settings, variable: str, words: tuple[str, ...]
) -> None:
    done = run(settings, *words, **{variable: WRONG[variable]})
    assert done.returncode != 0
    assert done.stderr.lower().startswith("error: ") and len(done.stderr.splitlines()) == 1


def without_home(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a user whom the system does not know, without HOME, as some containers do."""
    unshare = shutil.which("unshare")
    stranger = [unshare or "", "--user", "--map-user=12345", "--map-group=12345"]
    if unshare is None or subprocess.run([*stranger, "true"], check=False).returncode:
        absent("needs unshare and user namespaces")
    kept = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **in_environment(settings)}
    kept.pop("NONESUCH_HOME", None)
    return subprocess.run(
        [*stranger, sys.executable, *words],
        cwd=PROJECT, env=kept, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


OF_NOBODY = [
    "db upgrade", "verify", "pregen --categories 1 --samples 1 --dry-run", "curate token --new",
    "models list", "gan doctor", "morphs --dry-run",
]  # fmt: skip


@pytest.mark.folder
@pytest.mark.parametrize("command", OF_NOBODY)
def test_a_user_without_a_home_has_every_command(filled: Filled, command: str) -> None:
    done = without_home(filled.settings, "-m", "flask", *command.split())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.folder
@pytest.mark.usefixtures("index")
def test_a_user_without_a_home_makes_pictures(settings: Settings) -> None:
    made = []
    for command in ["pregen --categories 1 --samples 1", "top-up --samples 2 --dry-run",
                    "top-up --samples 2"]:  # fmt: skip
        done = without_home(settings, "-m", "flask", *command.split())
        assert done.returncode == 0, done.stdout + done.stderr
        made.append(len(list(settings.images_folder.glob("*/*.webp"))))
    assert made == [1, 1, 2]


@pytest.mark.folder
def test_a_user_without_a_home_has_a_site(filled: Filled) -> None:
    done = without_home(filled.settings, "-c", SERVE)
    assert done.returncode == 0 and json.loads(done.stdout)[:2] == [200, 200], done.stderr


def test_other_programs_get_a_home_where_there_is_none(settings: Settings) -> None:
    code = "import click, os; from app import create_app; create_app(); print(os.environ['HOME'])"
    done = without_home(settings, "-c", code)
    assert done.stdout.strip() == str(settings.instance_folder / "cache"), done.stderr
