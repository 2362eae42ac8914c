"""`flask pregen --engine ray`: the pictures of the local engine, once each, whoever dies.

`make test` kills a node twice, `make test-long` 20 times.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import Result
from sqlalchemy import select

from core.progress import Progress
from core.settings import PROJECT, Settings
from pregen.engines.jobs import JOB, jobs_of
from pregen.engines.ray_cluster import NoRay, room
from pregen.engines.ray_engine import interrupts_held
from pregen.planning.batches import SeedBatch
from sources.spec.description import ModelCategory, read_model
from store.files.opening import open_pictures
from store.index.database import open_engine
from store.index.tables import category, image
from tests.pregen.engines.nodes import Nodes, ray_nodes
from tests.scaled import in_environment

NODE_KILLS = int(os.environ.get("NODE_KILLS", "2"))
WAIT_S = int(os.environ.get("RAY_WAIT_S", "300"))
WORDS = ["--model", "tiny", "--categories", "5"]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with ray_nodes(2) as found:
        yield found


# flask, giving no job to a second machine however long the first one takes
PATIENT_FLASK = (
    "-c",
    "import pregen.engines.ray_engine as e; e.PATIENCE_S = 600; from flask.cli import main; main()",
)


def start(
    settings: Settings, *words: str, flask: tuple[str, ...] = ("-m", "flask"), **environ: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *flask, "pregen", *WORDS, *words],
        cwd=PROJECT,
        env={
            **os.environ,
            **in_environment(settings),
            "FLASK_APP": "app",
            "NONESUCH_MODELS_FOLDER": str(settings.models_folder),
            "SECRET_KEY": "test",
            **environ,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str], status: int = 0) -> str:
    try:
        output, _ = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
    assert process.returncode == status, output
    assert "Traceback" not in output
    return output


def contents(settings: Settings) -> dict[str, bytes | None]:
    store = open_pictures(settings)
    return {f"{f.category}/{f.file}": store.read(f.category, f.file) for f in store.walk()}


def rows(settings: Settings) -> list[tuple[str, int]]:
    with open_engine(settings).connect() as connection:
        statement = select(category.c.slug, image.c.seed).join(category)
        return [(row.slug, row.seed) for row in connection.execute(statement)]


Made = Callable[..., dict[str, bytes | None]]


@pytest.fixture
def local(tmp_path: Path, models: Path) -> Made:
    """What the local engine makes."""
    from app import create_app

    def make(samples: int, *words: str) -> dict[str, bytes | None]:
        folder = tmp_path / f"local-{samples}"
        settings = Settings(
            images_folder=folder / "images",
            instance_folder=folder / "instance",
            models_folder=models,
            secret_key="test",
        )
        runner = create_app(settings).test_cli_runner()
        result = runner.invoke(args=["pregen", *WORDS, "--samples", str(samples), *words])
        assert result.exit_code == 0, result.output
        return contents(settings)

    return make


def test_the_same_bytes_on_two_nodes(
    settings: Settings,
    nodes: Nodes,
    local: Made,
    flask_command: Callable[..., Result],
) -> None:
    words = ("--samples", "150", "--engine", "ray", "--address", nodes.address)
    output = finished(start(settings, *words, flask=PATIENT_FLASK))
    assert "made 750 pictures with tiny/1, 0 were there" in output
    # each node's rate, besides that of all
    assert output.count("750 of 750 pictures") == 1
    line = next(line for line in output.splitlines() if line.startswith("750 of 750"))
    assert line.count(",") == 2 and line.endswith(")"), line
    assert contents(settings) == local(150)
    assert flask_command("verify").exit_code == 0
    assert "nothing to do: 750 pictures are there" in finished(start(settings, *words))


@pytest.mark.long
def test_a_node_killed_at_random_moments(
    settings: Settings,
    nodes: Nodes,
    local: Made,
    flask_command: Callable[..., Result],
) -> None:
    """Killed, and another one comes: no picture is lost, and none is there twice."""
    chance = random.Random(0)
    samples = int(os.environ.get("NODE_SAMPLES", max(800, 100 * NODE_KILLS)))
    process = start(settings, "--samples", str(samples), "--engine", "ray",
                    "--address", nodes.address)  # fmt: skip
    killed = 0
    total = 5 * samples
    for number in range(NODE_KILLS):
        # spread over the run: after so many pictures, and then at any moment of what follows
        least = (number + chance.random()) * total / (NODE_KILLS + 1)
        until = time.monotonic() + WAIT_S
        while process.poll() is None and time.monotonic() < until:
            if _count(settings) >= least:
                break
            time.sleep(0.05)
        time.sleep(chance.random() * 0.3)
        if process.poll() is not None:
            break
        nodes.kill(chance.randrange(nodes.count))
        killed += 1
        nodes.add()
    output = finished(process)
    assert killed == NODE_KILLS, f"{killed} kills hit the run; {output}"
    assert f"made {total:,} pictures" in output
    found = rows(settings)
    assert len(found) == total and max(Counter(found).values()) == 1
    assert contents(settings) == local(samples)
    assert flask_command("verify").exit_code == 0


def _count(settings: Settings) -> int:
    try:
        return len(list(open_pictures(settings).walk()))
    except FileNotFoundError:
        return 0


@pytest.mark.long
def test_the_last_node_dies_for_good(settings: Settings, local: Made) -> None:
    """Ray finds no other place for its maker: the other one makes what it had."""
    with ray_nodes(2) as nodes:
        process = start(settings, "--samples", "600", "--engine", "ray",
                        "--address", nodes.address)  # fmt: skip
        until = time.monotonic() + WAIT_S
        while _count(settings) < 300 and time.monotonic() < until:
            time.sleep(0.05)
        nodes.kill(0)
        assert "made 3,000 pictures" in finished(process)
    assert contents(settings) == local(600)
    assert _left() == []


@pytest.mark.long
def test_gpus_are_asked_for_where_there_are_any(
    settings: Settings,
    local: Made,
    models: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Nodes with no core but a GPU, as Ray counts them: only who asks for that gets anywhere."""
    toml = models / "tiny" / "1" / "model.toml"
    before = toml.read_text()
    toml.write_text(before + '\n[saved_model]\nsignature = "serve_8"\n')
    request.addfinalizer(lambda: toml.write_text(before))
    with ray_nodes(1, num_cpus=0, num_gpus=1) as nodes:
        words = ("--model", "tiny:savedmodel", "--samples", "20")
        process = start(settings, *words, "--engine", "ray", "--address", nodes.address)
        assert "made 100 pictures" in finished(process)
    assert contents(settings) == local(20, "--model", "tiny:savedmodel")


@pytest.mark.long
def test_a_cluster_of_its_own_ends_with_it(settings: Settings, local: Made) -> None:
    output = finished(start(settings, "--samples", "30", "--engine", "ray", "--threads", "1"))
    assert "made 150 pictures" in output
    assert contents(settings) == local(30)
    assert _left() == []


def test_ctrl_c_waits_for_what_is_being_recorded() -> None:
    """It broke a transaction, whose lock then kept the rest from being written."""
    done = False
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        done = True
    assert done
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.long
def test_ctrl_c_stores_what_came_back(
    settings: Settings,
    local: Made,
    flask_command: Callable[..., Result],
) -> None:
    process = start(settings, "--samples", "5000", "--engine", "ray")
    until = time.monotonic() + WAIT_S
    while not _count(settings) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    output = finished(process, 130)
    assert "run the same command again to continue" in output
    assert _left() == []
    kept = contents(settings)
    assert 0 < len(kept) < 25_000
    # jobs come back in any order: up to the last one that did
    last = max(int(name.split("/")[1].partition("-")[0]) % 1_000_000 for name in kept)
    # the next run takes in what was stored when the signal came and not yet indexed
    again = flask_command("pregen", *WORDS, "--samples", str(last + 8))
    assert again.exit_code == 0, again.output
    checked = flask_command("verify")
    assert checked.exit_code == 0, checked.output
    assert kept.items() <= contents(settings).items()
    assert contents(settings) == local(last + 8)


def _left() -> list[str]:
    """Return Ray's processes that no cluster of this test's process owns."""
    until = time.monotonic() + 20
    while True:
        own = {child.pid for child in psutil.Process().children(recursive=True)}
        left = [
            process.info["name"]
            for process in psutil.process_iter(["name", "pid", "ppid"])
            if process.info["name"] in ("raylet", "gcs_server", "plasma_store")
            and process.info["pid"] not in own
            and process.info["ppid"] == 1
        ]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.2)


def test_without_ray_it_says_what_to_install(settings: Settings, tmp_path: Path) -> None:
    """And the local engine does without."""
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "ray.py").write_text("raise ImportError('No module named ray')")
    path: dict[str, Any] = {"PYTHONPATH": str(absent)}
    output = finished(start(settings, "--samples", "2", "--engine", "ray", **path), 1)
    assert output.splitlines()[-1] == (
        "Error: --engine ray needs Ray, which is not installed; "
        "pip install -r requirements-ray.txt, on every machine"
    )
    assert not settings.instance_folder.exists()
    assert "made 10 pictures" in finished(start(settings, "--samples", "2", **path))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense"])
def test_an_address_where_nobody_is(
    settings: Settings, flask_command: Callable[..., Result], address: str
) -> None:
    result = flask_command("pregen", *WORDS, "--engine", "ray", "--address", address)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: Ray does not answer at {address} (")
    assert len(result.output.splitlines()) == 1
    assert not settings.instance_folder.exists()


def test_an_address_is_for_ray_alone(flask_command: Callable[..., Result]) -> None:
    result = flask_command("pregen", *WORDS, "--address", "auto")
    assert result.exit_code == 2 and "write --engine ray too" in result.output


def test_jobs_are_batches_of_one_category() -> None:
    hat, bird = (ModelCategory(i, name, name) for i, name in enumerate(("hat", "bird")))
    batches = [
        SeedBatch(kind, tuple(range(start, start + 8)), frozenset(range(start, start + 8)))
        for kind, first in ((hat, 0), (bird, 1000))
        for start in range(first, first + 160, 8)
    ]
    jobs = list(jobs_of(batches))
    assert [batch for job in jobs for batch in job.batches] == batches
    assert [len(job.batches) * 8 for job in jobs] == [JOB, JOB, 32, JOB, JOB, 32]
    assert len({job.key for job in jobs}) == 6 and jobs[3].key == ("bird", 1000)
    assert list(jobs_of([])) == []


def test_how_many_makers_there_is_room_for(models: Path) -> None:
    def node(alive: bool = True, **resources: float) -> dict[str, Any]:
        return {"Alive": alive, "Resources": resources}

    litert = read_model(models / "tiny" / "1")
    tensorflow = read_model(models / "tiny" / "1", "savedmodel")
    cpus = [node(CPU=8.0), node(CPU=4.0), node(), node(alive=False, CPU=64.0)]
    assert room(cpus, litert, None) == (12, {"num_gpus": 0, "num_cpus": 1}, 1)
    assert room(cpus, litert, 3) == (3, {"num_gpus": 0, "num_cpus": 3}, 3)
    assert room(cpus, litert, 99) == (1, {"num_gpus": 0, "num_cpus": 8}, 8)
    assert room(cpus, tensorflow, None) == (3, {"num_gpus": 0, "num_cpus": 4}, 4)
    gpus = [*cpus, node(CPU=16.0, GPU=8.0)]
    assert room(gpus, tensorflow, None) == (8, {"num_gpus": 1, "num_cpus": 0}, 4)
    assert room(gpus, litert, None)[0] == 28  # LiteRT has no use for one
    with pytest.raises(NoRay, match="no cores to work on"):
        room([node(), node(alive=False, CPU=4.0)], litert, None)


def test_rates_of_machines() -> None:
    said: list[str] = []
    with Progress(96, said.append) as progress:
        progress.add(64, "b")
        progress.add(32, "a")
    assert len(said) == 1
    names = [each.split()[0] for each in said[0].partition("(")[2].split(", ")]
    assert said[0].startswith("96 of 96 pictures, ") and names == ["a", "b"]


def test_the_time_left_is_said_until_all_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("core.progress.LINE_EVERY_S", -1.0)
    with Progress(96, said.append, "candidate") as progress:
        progress.add(48)
        progress.add(48)
    assert said[0].startswith("48 of 96 candidates, ") and said[0].endswith(" seconds left")
    assert "left" not in said[1]
