"""Dockerfile and compose files: what they say is true of this project. No image is needed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("yaml", reason="needs PyYAML: make test")
import yaml

from app.live.models import served_models
from core.settings import PROJECT, read_settings
from tests.deploy.container.dockerfile import Stage, read_stages
from tests.programs import absent

COMPOSE = ("deploy/compose.postgresql.yaml", "deploy/compose.serving.yaml")


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read_stages((PROJECT / "Dockerfile").read_text(encoding="utf-8"))


def merged(*names: str) -> dict[str, Any]:
    """Return compose.yaml with others, as `docker compose -f` puts them together."""
    whole: dict[str, Any] = {}
    for name in ("compose.yaml", *names):
        merge(whole, yaml.safe_load((PROJECT / name).read_text(encoding="utf-8")))
    return whole


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def put_in(text: str) -> str:
    """Put in what a variable is where nobody sets it, or a password where one has to be."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda m: m[2] if m[1] == "-" else "secret", text)


def test_the_image_is_slim_on_this_python_and_not_roots(stages: list[Stage]) -> None:
    version = (PROJECT / ".python-version").read_text().strip()
    assert {stage.image for stage in stages} == {f"python:{version}-slim"}
    last = stages[-1]
    assert last.last("USER") == "10001:10001"
    order = [name for name, _ in last.instructions]
    assert "RUN" not in order[order.index("USER") :] and "COPY" not in order[order.index("USER") :]


def test_its_variables_are_settings_and_its_volumes_hold_them(stages: list[Stage]) -> None:
    environment = stages[-1].environment
    settings = read_settings(environment)
    volumes = json.loads(stages[-1].last("VOLUME"))
    assert volumes == [str(settings.images_folder), str(settings.instance_folder)]
    assert settings.home.is_relative_to(settings.instance_folder)
    assert stages[-1].last("EXPOSE") == environment["PORT"]
    assert environment["PORT"] not in "".join(stages[-1].words("CMD"))
    assert "/healthz" in "".join(stages[-1].words("HEALTHCHECK"))


def test_nothing_that_was_made_here_gets_into_the_image() -> None:
    """A list of what may: a key or pictures that lie beside it are never sent."""
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "**"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert let_in == {"app", "bin", "core", "gan", "migrations", "models", "pregen",
                      "requirements.txt", "sources", "store"}  # fmt: skip
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert let_in <= {name.partition("/")[0] for name in tracked}


@pytest.mark.parametrize("names", [(), *((name,) for name in COMPOSE), COMPOSE])
def test_compose_files_fit_the_image(stages: list[Stage], names: tuple[str, ...]) -> None:
    whole = merged(*names)
    site = whole["services"]["site"]
    environment = {k: put_in(str(v)) for k, v in site["environment"].items()}
    settings = read_settings({**stages[-1].environment, **environment})
    mounted = dict(volume.split(":")[:2] for volume in site["volumes"])
    assert set(mounted.values()) == set(json.loads(stages[-1].last("VOLUME")))
    for service in whole["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            known = (PROJECT / source).exists() if source[0] == "." else source in whole["volumes"]
            assert known, volume
        assert service.get("image") or (PROJECT / service["build"]).is_dir()
    (port,) = site["ports"]
    assert port == f"127.0.0.1:8000:{stages[-1].environment['PORT']}"
    if COMPOSE[0] in names:
        database = whole["services"]["database"]
        account = {k: put_in(v) for k, v in database["environment"].items()}
        assert settings.database_url == (
            f"postgresql+psycopg://{account['POSTGRES_USER']}:{account['POSTGRES_PASSWORD']}"
            f"@database:5432/{account['POSTGRES_DB']}"
        )
    if COMPOSE[1] in names:
        assert served_models(settings.live_serving) == {"emoji": "tfserving://serving:8501/emoji"}


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        absent("needs hadolint: make test")
    files = ["Dockerfile", "deploy/serving/models/Dockerfile"]
    done = subprocess.run([program, *files], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
