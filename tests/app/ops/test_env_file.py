"""`.env`: read where the environment is silent, and wrong lines are named."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.ops.env_file import load_env_file
from core.settings import PROJECT, BadSetting


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    load_env_file(path)  # there is none
    path.write_text('# mine\nexport NONESUCH_ONE="a b"\nNONESUCH_TWO=2\nNONESUCH_THREE=${HOME}\n')
    monkeypatch.setattr(os, "environ", {"NONESUCH_TWO": "22", "HOME": "/home/x"})
    load_env_file(path)
    assert os.environ == {
        "NONESUCH_ONE": "a b",
        "NONESUCH_TWO": "22",
        "NONESUCH_THREE": "${HOME}",
        "HOME": "/home/x",
    }


def test_what_is_wrong_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("A=1\n\n'unclosed=2\n")
    with pytest.raises(BadSetting, match=r"\.env, line 3: .*sets no variable; write for example"):
        load_env_file(path)
    path.write_bytes(b"A=\xff\n")
    with pytest.raises(BadSetting, match=r"cannot be read \(it is not UTF-8"):
        load_env_file(path)


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_the_server_takes_its_port_from_it(tmp_path: Path) -> None:
    """`bin/serve` in a folder that holds nothing else: it says which port it would take."""
    (tmp_path / "bin").mkdir()
    shutil.copy(PROJECT / "bin/serve", tmp_path / "bin/serve")
    (tmp_path / ".env").write_text("PORT=99999\nHOST=127.0.0.1\n")
    environ = {
        **{name: value for name, value in os.environ.items() if name not in ("HOST", "PORT")},
        "VENV": sys.prefix,
    }
    done = subprocess.run(
        [tmp_path / "bin/serve", "check"], env=environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "cannot serve on 127.0.0.1:99999" in done.stderr
    given = subprocess.run(
        [tmp_path / "bin/serve", "check"], env={**environ, "PORT": "0"}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert "cannot serve on 127.0.0.1:0 " in given.stderr
