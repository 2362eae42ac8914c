"""The image's own steps in a clean root, and the site out of it: health, pictures, a stop."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from core.settings import PROJECT
from tests.deploy.container.clean_root import Root, debootstrap, running
from tests.deploy.container.dockerfile import read_stages
from tests.programs import absent
from tests.servers.ports import free_port

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("shipped_model")]
FEW = "heart,bird"


def test_the_steps_make_a_site_that_is_nobodys_root(clone: Path, tmp_path: Path) -> None:
    if os.getuid() != 0 or shutil.which("debootstrap") is None:
        absent("needs root and debootstrap (Debian: apt-get install debootstrap)")
    debootstrap(tmp_path / "base")
    stages = read_stages((PROJECT / "Dockerfile").read_text())
    roots: dict[str, Root] = {}
    for number, stage in enumerate(stages):
        root = Root(tmp_path / f"stage{number}", tmp_path / "base")
        root.build(stage, clone, roots)
        roots[stage.name] = root
    assert not list(root.path("/srv/nonesuch").glob("tests*"))
    port = free_port()
    variables = {"CATEGORIES": FEW, "PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "1"}
    last, health = stages[-1], stages[-1].words("HEALTHCHECK")

    def is_healthy() -> bool:
        asked = root.command(health, last.last("WORKDIR"), last.last("USER"))
        done = subprocess.run(asked, env={**last.environment, **variables}, capture_output=True)
        return done.returncode == 0

    with running(root, last, **variables) as process:
        until = time.monotonic() + 300
        while not is_healthy():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until
            time.sleep(1)
        status = Path(f"/proc/{innermost(process.pid)}/status").read_text()
        assert "Uid:\t10001\t10001\t10001\t10001" in status
        address = f"http://127.0.0.1:{port}/categories.json"
        while True:
            with urllib.request.urlopen(address, timeout=10) as answer:
                listed = json.load(answer)["categories"]
            if {each["slug"]: each["pictures"] for each in listed} == {"heart": 60, "bird": 60}:
                break
            assert time.monotonic() < until, listed
            time.sleep(1)
        os.kill(innermost(process.pid), signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    assert "Traceback" not in output, output
    assert not is_healthy()
    # nothing is written beside the volumes
    written = [path for path in root.path("/srv").rglob("*") if path.lstat().st_uid == 10001]
    assert written == []
    assert len(list(root.path("/data/images").glob("*/*.webp"))) == 120


def innermost(pid: int) -> int:
    """Return the first process within the namespace that `unshare` made."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])
