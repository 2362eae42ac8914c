"""`flask top-up`: what was rejected is made up for, from new seeds, also while it is rejected."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select

from core.settings import Settings
from pregen.filling.run import Filling
from pregen.planning.batches import seed_of
from pregen.planning.request import check_request
from sources.registry import find_model, open_source
from store.curation.reject import reject_images, restore_images
from store.curation.switch import switch_off
from store.files.opening import open_pictures
from store.formats.encoding import find_format
from store.index.database import open_engine, writing
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import category, image, target
from tests.pregen.filling.test_kill import environment
from tests.scaled import empty_again
from tests.tiny_model import build_tiny_model

Flask = Callable[..., Result]
PREGEN = ("pregen", "--model", "tiny", "--categories", "hat,bird,drink")


def rows(settings: Settings) -> list[Any]:
    engine = open_engine(settings)
    with engine.connect() as connection:
        return list(
            connection.execute(select(image, category.c.slug).join(category).order_by(image.c.id))
        )


def live(settings: Settings) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows(settings):
        if row.state == LIVE:
            found[row.slug] = found.get(row.slug, 0) + 1
    return found


def reject(settings: Settings, slug: str, count: int) -> list[int]:
    ids = [r.id for r in rows(settings) if r.slug == slug and r.state == LIVE][:count]
    folder = open_pictures(settings)
    engine = open_engine(settings, write=True)
    assert reject_images(engine, folder, settings.instance_folder, ids) == count
    return ids


def test_refills_from_new_seeds_and_then_has_nothing_to_do(
    flask_command: Flask, settings: Settings
) -> None:
    flask_command(*PREGEN, "--samples", "10", "--seed", "3", "--truncation", "0.2:0.3")
    before = {row.seed for row in rows(settings)}
    reject(settings, "hat", 4)
    reject(settings, "bird", 10)  # all of them
    dry = flask_command("top-up", "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "bird: 0 of 10\nhat: 6 of 10\nwould make 14 pictures in 2 categories" in dry.output
    assert live(settings) == {"hat": 6, "drink": 10}
    done = flask_command("top-up")
    assert "made 14 pictures in 2 categories, 16 were there" in done.output, done.output
    assert live(settings) == {"hat": 10, "bird": 10, "drink": 10}
    new = [row for row in rows(settings) if row.seed not in before]
    assert len(new) == 14 and all(0.2 <= row.truncation <= 0.3 for row in new)
    position = {"hat": 2, "bird": 1}  # in the model
    assert {row.seed for row in new} == {
        *(seed_of(3, position["hat"], 10 + k) for k in range(4)),
        *(seed_of(3, position["bird"], 10 + k) for k in range(10)),
    }
    again = flask_command("top-up")
    assert "nothing to do: 30 pictures are there" in again.output
    assert flask_command("verify", "--rebuild", "20").exit_code == 0


def test_only_some_and_to_another_number(flask_command: Flask, settings: Settings) -> None:
    flask_command(*PREGEN, "--samples", "5")
    reject(settings, "hat", 2)
    reject(settings, "bird", 2)
    assert flask_command("top-up", "--categories", "hat").exit_code == 0
    assert live(settings) == {"hat": 5, "bird": 3, "drink": 5}
    done = flask_command("top-up", "--categories", "drink", "--samples", "8")
    assert "made 3 pictures in 1 categories" in done.output
    reject(settings, "drink", 1)
    flask_command("top-up")  # the new number is kept
    assert live(settings) == {"hat": 5, "bird": 5, "drink": 8}


def test_without_a_word_what_was_made_is_the_target(
    flask_command: Flask, settings: Settings
) -> None:
    """An index from the folders knows no targets; refilled once, it has some."""
    flask_command(*PREGEN, "--samples", "6")
    reject(settings, "hat", 2)
    empty_again(settings)
    flask_command("index")
    assert "made 2 pictures" in flask_command("top-up").output
    assert live(settings) == {"hat": 6, "bird": 6, "drink": 6}
    reject(settings, "hat", 1)
    flask_command("top-up")
    assert live(settings)["hat"] == 6


def test_categories_that_are_off_are_left_alone(flask_command: Flask, settings: Settings) -> None:
    flask_command(*PREGEN, "--samples", "5")
    reject(settings, "hat", 2)
    folder = open_pictures(settings)
    engine = open_engine(settings, write=True)
    switch_off(engine, folder, settings.instance_folder, "hat")
    for words in (["top-up"], [*PREGEN, "--samples", "5"]):
        done = flask_command(*words)
        assert done.exit_code == 0, done.output
        assert "hat" in done.output and "off" in done.output
        assert live(settings) == {"bird": 5, "drink": 5}
    done = flask_command("pregen", "--model", "tiny", "--categories", "hat", "--samples", "5")
    assert done.exit_code == 1 and "flask curate category on hat" in done.output
    assert flask_command("verify").exit_code == 0


def test_bad_input_is_one_line(flask_command: Flask, settings: Settings) -> None:
    none = flask_command("top-up")
    assert none.exit_code == 1 and "flask db upgrade" in none.output
    flask_command("db", "upgrade")
    none = flask_command("top-up")
    assert none.exit_code == 1 and "make some with: flask pregen" in none.output
    flask_command(*PREGEN, "--samples", "2")
    for words, said in {
        ("--categories", "hut"): "did you mean hat?",
        ("--categories", ","): "--categories is empty",
        ("--samples", "0"): "0 is not in the range",
    }.items():
        done = flask_command("top-up", *words)
        assert done.exit_code != 0 and said in done.output and "Traceback" not in done.output
    assert live(settings) == {"hat": 2, "bird": 2, "drink": 2}


def test_a_model_that_is_not_here_is_said(flask_command: Flask, settings: Settings) -> None:
    flask_command(*PREGEN, "--samples", "2")
    with writing(open_engine(settings, write=True)) as connection:
        for table in (target, image):
            connection.execute(table.update().values(model_digest="1" * 64))
    done = flask_command("top-up")
    assert done.exit_code == 0
    assert "3 categories of tiny/1: it is not here as it was" in done.output
    words = done.output.splitlines()[0].partition("flask ")[2].split()  # as one would type it
    assert set(words[words.index("--categories") + 1].split(",")) == {"hat", "bird", "drink"}
    done = flask_command(*words, "--dry-run")
    assert "would make 6 pictures in 3 categories with tiny/1" in done.output, done.output
    assert "would reject 6 pictures of other versions" in done.output


def test_a_category_by_two_models_is_told_of_both(
    flask_command: Flask, settings: Settings, models: Path
) -> None:
    build_tiny_model(models, version=2, weights=5)
    try:
        for label, samples in (("tiny/1", "4"), ("tiny/2", "7")):
            flask_command("pregen", "--model", label, "--categories", "hat", "--samples", samples)
        reject(settings, "hat", 11)
        dry = flask_command("top-up", "--dry-run").output
        assert "hat by tiny/1: 0 of 4\nhat by tiny/2: 0 of 7\n" in dry
        assert "would make 11 pictures in 1 categories" in dry
        done = flask_command("top-up", "--model", "tiny/2", "--categories", "hat")
        assert "made 7 pictures in 1 categories" in done.output
        assert "hat: 0 of 4\nwould make 4" in flask_command("top-up", "--dry-run").output
    finally:
        shutil.rmtree(models / "tiny" / "2")


def test_only_what_one_model_made(flask_command: Flask, settings: Settings) -> None:
    flask_command(*PREGEN, "--samples", "2")
    reject(settings, "hat", 1)
    done = flask_command("top-up", "--model", "tiny/1")
    assert "made 1 pictures in 1 categories" in done.output, done.output
    with writing(open_engine(settings, write=True)) as connection:
        connection.execute(target.update().values(model_digest="1" * 64))
        connection.execute(image.update().values(model_digest="1" * 64))
    done = flask_command("top-up", "--model", "tiny")
    assert done.exit_code == 1 and "tiny/1 made none of these; these did: tiny/1" in done.output
    assert flask_command("curate", "category", "off", "hat").exit_code == 0
    done = flask_command("top-up", "--model", "tiny", "--categories", "hat")
    assert done.exit_code == 0 and "skipped: hat is off" in done.output
    assert "did you mean tiny?" in flask_command("top-up", "--model", "tinny").output


def top_up(settings: Settings, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "top-up", "--threads", "1"],
        env=environment(settings, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.long
def test_curating_while_it_is_filled_and_killed(
    flask_command: Flask, settings: Settings, tmp_path: Path
) -> None:
    """Somebody rejects and undoes without a break while top-up writes, is killed, begins anew."""
    flask_command(*PREGEN, "--samples", "120")
    reject(settings, "hat", 100)
    chance = random.Random(0)
    engine = open_engine(settings, write=True)
    folder = open_pictures(settings)
    thrown: set[int] = set()
    kills = 0
    process = top_up(settings, tmp_path)
    try:
        for _ in range(400):
            if process.poll() is not None:
                if kills >= 2:
                    break
                process.communicate()
                reject(settings, "bird", 60)
                process = top_up(settings, tmp_path)
            elif kills < 3 and chance.random() < 0.02:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                process = top_up(settings, tmp_path)
            found = [row for row in rows(settings) if row.slug == "hat" and row.state == LIVE]
            some = [row.id for row in chance.sample(found, min(2, len(found)))]
            reject_images(engine, folder, settings.instance_folder, some)
            thrown.update(some)
            if thrown and chance.random() < 0.3:
                back = chance.choice(sorted(thrown))
                restore_images(engine, folder, settings.instance_folder, [back])
                thrown.discard(back)
            time.sleep(0.02)
        process.communicate(timeout=300)
    finally:
        if process.poll() is None:
            process.kill()
    assert kills >= 1
    states = {row.id: row.state for row in rows(settings)}
    assert {states[each] for each in thrown} == {REJECTED}
    done = flask_command("top-up")
    assert done.exit_code == 0, done.output
    assert live(settings) == {"hat": 120, "bird": 120, "drink": 120}
    checked = flask_command("verify")
    assert checked.exit_code == 0, checked.output
    after = rows(settings)
    assert len({(row.slug, row.seed) for row in after}) == len(after)
    rejected = {row.file for row in after if row.state == REJECTED}
    quarantine = open_pictures(settings).beside("rejected", settings.instance_folder)
    assert {found.file for found in quarantine.walk()} == rejected


@pytest.mark.parametrize("off", [False, True])
def test_a_run_planned_before_brings_nothing_back(
    flask_command: Flask, settings: Settings, off: bool
) -> None:
    """Another run made these pictures since, and the owner has thrown them out or off."""
    model = find_model(settings.models_folder, "tiny")
    source = open_source(model, 1)
    request = check_request(model, "hat", 8, None, 0)
    planned = Filling(settings, model, request, source.batch, dry_run=False)
    flask_command("pregen", "--model", "tiny", "--categories", "hat", "--samples", "8")
    thrown = reject(settings, "hat", 3)
    folder = open_pictures(settings)
    if off:
        engine = open_engine(settings, write=True)
        switch_off(engine, folder, settings.instance_folder, "hat")
    assert planned.fill([source], find_format("webp"), print) == 8
    found = {row.id: row.state for row in rows(settings)}
    assert [each for each, state in found.items() if state == REJECTED] == thrown
    assert list(found.values()).count(OFF if off else LIVE) == 5
    assert len(folder.files_of("hat")) == (0 if off else 5)
    quarantine = open_pictures(settings).beside("rejected", settings.instance_folder)
    assert len(quarantine.files_of("hat")) == 3
    assert flask_command("verify").exit_code == 0


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_says_how_to_go_on(flask_command: Flask, settings: Settings, tmp_path: Path) -> None:
    flask_command(*PREGEN, "--samples", "2")
    assert flask_command("top-up", "--samples", "2").exit_code == 0
    with writing(open_engine(settings, write=True)) as connection:
        connection.execute(target.update().values(samples=5000))
    process = top_up(settings, tmp_path)
    until = time.monotonic() + 120
    while sum(live(settings).values()) < 10 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "run the same command again to continue" in output and "Traceback" not in output
