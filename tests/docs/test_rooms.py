"""docs/rooms.svg shows what is there."""

from pathlib import Path

import pytest

from docs import rooms

HOME = Path(__file__).resolve().parents[2]
STEPS = [step for way in (rooms.PICTURE, rooms.REQUEST) for step in way if step.room]


def test_it_is_current() -> None:
    assert rooms.TARGET.read_text(encoding="utf-8") == rooms.picture(), "python -m docs.rooms"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_every_step_is_where_it_says(step: rooms.Step) -> None:
    assert (HOME / step.room).exists()


@pytest.mark.parametrize("room", rooms.ROOMS[:-1], ids=lambda room: room.name)
def test_every_room_is_named(room: rooms.Room) -> None:
    inside = {path.parent.name for path in (HOME / room.name).glob("*/__init__.py")}
    named = {word for line in room.inside for word in line.split()}
    assert named == inside


def test_the_lowest_room_has_two_in_it() -> None:
    inside = {path.parent.name for path in (HOME / "core").glob("*/__init__.py")}
    assert rooms.ROOMS[-1].name == "core" and inside == {"gathering", "toml"}
    assert all(name in rooms.ROOMS[-1].inside[0] for name in inside)
