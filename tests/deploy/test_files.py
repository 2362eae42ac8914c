"""The files that Heroku and pip read."""

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from core.settings import PROJECT

LAYERS = (
    "requirements.txt",
    "requirements-tensorflow.txt",
    "requirements-hub.txt",
    "requirements-test.txt",
)
QUICK = "requirements-quick.txt"
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[A-Za-z0-9.]+)( ; [^:/@]+)?")


def lines_of(name: str) -> list[str]:
    lines = (PROJECT / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pins_of(name: str) -> dict[str, str]:
    found = [PIN.fullmatch(line) for line in lines_of(name) if not line.startswith("-r ")]
    return {match["name"]: match["version"] for match in found if match}


@pytest.mark.parametrize("name", LAYERS)
def test_requirements_are_exact_and_name_no_place(name: str) -> None:
    # a host, a path or an option would not be a pin
    strange = [line for line in lines_of(name) if not PIN.fullmatch(line)]
    layer = LAYERS.index(name)
    below = [f"-r {LAYERS[layer - 1]}"] if layer else []
    beside = [f"-r {QUICK}"] if name == "requirements-test.txt" else []
    assert strange == below + beside


def test_requirements_build_on_each_other() -> None:
    names = [name for layer in LAYERS for name in pins_of(layer)]
    assert len(names) == len(set(names)) > 60
    assert "tensorflow" not in pins_of("requirements.txt")
    assert "pytest" not in pins_of("requirements-tensorflow.txt")


def test_requirements_are_what_the_project_asks_for() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    asked = {
        "requirements.txt": project["dependencies"],
        "requirements-tensorflow.txt": project["optional-dependencies"]["tensorflow"],
        "requirements-hub.txt": project["optional-dependencies"]["hub"],
        QUICK: project["optional-dependencies"]["quick"],
        "requirements-test.txt": project["optional-dependencies"]["test"],
    }
    pinned: dict[str, str] = {}
    for layer, requirements in asked.items():
        pinned |= pins_of(layer)
        for requirement in map(Requirement, requirements):
            if requirement.name == project["name"]:
                continue  # one group takes in another
            version = pinned.get(requirement.name)
            assert version and requirement.specifier.contains(version), f"{requirement}: make lock"


def test_what_a_gpu_needs_builds_on_tensorflow() -> None:
    lines = lines_of("requirements-gpu.txt")
    strange = [line for line in lines if not PIN.fullmatch(line)]
    assert strange == ["-r requirements-tensorflow.txt"]
    pins = pins_of("requirements-gpu.txt")
    assert {"nvidia-cudnn-cu12", "nvidia-cuda-runtime-cu12"} <= pins.keys()
    assert not pins.keys() & pins_of("requirements-tensorflow.txt").keys()


def test_what_make_quick_needs_builds_on_the_site() -> None:
    lines = lines_of(QUICK)
    assert [line for line in lines if not PIN.fullmatch(line)] == ["-r requirements.txt"]
    pins, whole = pins_of(QUICK), [pins_of(layer) for layer in LAYERS]
    assert {"pytest", "ruff", "mypy", "codespell"} <= pins.keys()
    assert not pins.keys() & (whole[0].keys() | whole[-1].keys()), "make lock"
    # two files that pin the same package pin the same version
    for layer in whole:
        assert {name: layer[name] for name in pins.keys() & layer.keys()}.items() <= pins.items()


def test_what_machines_of_a_cluster_need_builds_on_the_site() -> None:
    lines = lines_of("requirements-ray.txt")
    assert [line for line in lines if not PIN.fullmatch(line)] == ["-r requirements.txt"]
    pins = pins_of("requirements-ray.txt")
    test = {name: pin for layer in LAYERS for name, pin in pins_of(layer).items()}
    assert "ray" in pins and pins.items() <= test.items(), "make lock"
    assert not pins.keys() & pins_of("requirements.txt").keys()


def test_one_package_manager() -> None:
    known = ("requirements.txt", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock", "setup.py")
    assert [name for name in known if (PROJECT / name).exists()] == ["requirements.txt"]


def test_python_version_is_said_once() -> None:
    version = (PROJECT / ".python-version").read_text().strip()
    assert (PROJECT / "runtime.txt").read_text().strip() == f"python-{version}"
    assert version in ("3.11", "3.12", "3.13")


def test_app_json_describes_a_site_without_add_ons() -> None:
    app = json.loads((PROJECT / "app.json").read_text())
    assert app["name"] and app["description"]
    assert app["env"]["SECRET_KEY"]["generator"] == "secret"
    assert app["buildpacks"] == [{"url": "heroku/python"}]
    assert app.get("addons", []) == []
    assert app["formation"]["web"]["quantity"] == 1


def test_procfile_has_a_release_and_a_web_process() -> None:
    from honcho.environ import parse_procfile

    processes = parse_procfile((PROJECT / "Procfile").read_text()).processes
    assert list(processes) == ["release", "web"]
    assert "app.wsgi:app" in processes["web"] and "$PORT" in processes["web"]
    for script in (processes["release"], "bin/post_compile"):
        assert (PROJECT / script).stat().st_mode & 0o111, f"{script} cannot be executed"
