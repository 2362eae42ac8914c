"""`make`, with Pythons that are not what they should be."""

import os
import re
from pathlib import Path

import pytest

from core.settings import PROJECT
from tests.deploy.conftest import Run

# stands in for a Python: says a version, makes "virtual environments", notes what pip is told
PRETENDER = """#!/bin/sh
case "$*" in
    *"import platform"*) echo {version} ;;
    *"import pip"*) ;;
    "-m venv "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    *" install "*) echo "$*" >>"{log}" ;;
esac
"""


def pretend_python(folder: Path, version: str) -> tuple[str, Path]:
    """Write an executable; return its path and that of the file with pip's orders."""
    program, log = folder / "pretender", folder / "pip.log"
    program.write_text(PRETENDER.format(version=version, log=log))
    program.chmod(0o755)
    log.touch()
    return str(program), log


def test_help_lists_every_target(run: Run) -> None:
    done = run("make")
    targets = re.findall(
        r"^([a-z-]+)(?: [a-z -]+)?:", (PROJECT / "Makefile").read_text(), re.MULTILINE
    )
    asked_for = [target for target in targets if target not in ("venv-site", "packages")]
    assert done.returncode == 0
    assert re.findall(r"^make ([a-z-]+) +\S", done.stdout, re.MULTILINE) == asked_for
    assert {"run", "test", "deploy-commit"} < set(asked_for)


@pytest.mark.parametrize("target", ["test", "test-long", "test-faults", "test-scaled"])
def test_the_tests_that_are_named_are_there(run: Run, target: str) -> None:
    done = run("make", "--dry-run", target)
    named = re.findall(r"\btests/[\w/.]*\w", done.stdout)
    assert named, done.stderr
    assert [path for path in named if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("version", ["3.10.13", "3.14.0", "2.7.18"])
def test_a_wrong_python_is_one_line(run: Run, tmp_path: Path, version: str) -> None:
    program, _ = pretend_python(tmp_path, version)
    done = run("bin/venv", "site", PYTHON=program)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        f"error: Python 3.11, 3.12 or 3.13 is needed, {program} is {version}: "
        "choose another with PYTHON=\n"
    )
    assert run("make", "run", PYTHON=program).returncode != 0


def test_a_python_without_venv_is_one_line(run: Run, tmp_path: Path) -> None:
    program, _ = pretend_python(tmp_path, "3.12.1")
    Path(program).write_text(
        Path(program).read_text().replace('"-m venv "*)', '"-m venv "*) exit 1;')
    )
    done = run("bin/venv", "site", PYTHON=program)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "python3-venv" in done.stderr


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            "Linux riscv64",
            "no packages of LiteRT for Linux riscv64: Nonesuch runs on Linux (x86_64",
        ),
        ("Darwin x86_64", "no packages of LiteRT for Darwin x86_64"),
        ("FreeBSD amd64", "no packages of LiteRT for FreeBSD amd64"),
        ("MINGW64_NT-10.0 x86_64", "does not run on Windows itself: run it in WSL"),
        ("Linux x86_64 musl", "musl (Alpine)"),
    ],
)
def test_a_system_without_packages_is_one_line(
    run: Run, clone: Path, tmp_path: Path, system: str, said: str
) -> None:
    python, log = pretend_python(tmp_path, "3.12.1")
    name, machine, *musl = system.split(" ")
    programs = tmp_path / "programs"
    programs.mkdir()
    for program, script in (
        ("uname", f'[ "$1" = -s ] && echo "{name}" || echo "{machine}"'),
        ("ldd", f"echo {(musl or ['GNU libc'])[0]}"),
    ):
        (programs / program).write_text(f"#!/bin/sh\n{script}\n")
        (programs / program).chmod(0o755)
    done = run("bin/venv", "site", PYTHON=python, PATH=f"{programs}:{os.environ['PATH']}")
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and said in done.stderr
    assert log.read_text() == "" and not (clone / ".venv").exists()


def test_an_outdated_environment_is_one_line(run: Run, clone: Path, tmp_path: Path) -> None:
    program, _ = pretend_python(tmp_path, "3.10.13")
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/python").symlink_to(program)
    done = run("bin/venv", "site")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "make clean" in done.stderr


def test_requirements_are_installed_once(run: Run, clone: Path, tmp_path: Path) -> None:
    program, log = pretend_python(tmp_path, "3.13.0")
    for _ in range(2):
        assert run("bin/venv", "site", PYTHON=program).returncode == 0
    assert [line.split()[-1] for line in log.read_text().splitlines()] == ["requirements.txt"]
    with (clone / "requirements.txt").open("a") as file:
        file.write("# a change\n")
    assert run("bin/venv", "site", PYTHON=program).returncode == 0
    assert run("bin/venv", "test", PYTHON=program).returncode == 0
    assert [line.split()[-1] for line in log.read_text().splitlines()] == [
        "requirements.txt",
        "requirements.txt",
        "requirements-test.txt",
    ]


def test_a_failed_install_is_tried_again(run: Run, clone: Path, tmp_path: Path) -> None:
    program, log = pretend_python(tmp_path, "3.11.7")
    assert run("bin/venv", "site", PYTHON=program).returncode == 0
    (clone / ".venv/installed-site").unlink()
    broken = clone / ".venv/bin/python"
    broken.write_text(broken.read_text().replace('*" install "*)', '*" install "*) exit 1;'))
    done = run("bin/venv", "site")
    assert done.returncode == 1 and "pip could not install requirements.txt" in done.stderr
    assert run("bin/venv", "site").returncode == 1
    assert len(log.read_text().splitlines()) == 1


def test_missing_programs_are_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    (tmp_path / "id").symlink_to("/usr/bin/id")
    shell = "/bin/sh"  # and no apt-get, so nothing is installed here
    assert run(shell, "bin/packages", CI="", PATH=str(tmp_path)).returncode == 0
    done = run(shell, "bin/packages", CI="true", PATH=str(tmp_path))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert re.fullmatch(  # postgresql and nginx are looked for beside PATH too, as is libfaketime
        "error: the tests need chromium chromium-driver npm( postgresql)?( nginx)? redis-server "
        r"wrk strace( libfaketime)?: install them \(this can as root on Debian\)",
        line,
    )
