"""Drawing a round of the game: a picture, and the categories among which to guess.

Easy, usual and hard differ by how often others err: of a few pictures drawn, the one that was
guessed wrongly least, the first, or the one most; and hard puts what it was most often taken for
among the choices. Where nothing was counted yet, all three are the same.
"""

import random

from app.game.counters import Counters, Tally
from app.game.tokens import Round
from store.queries.reader import IndexReader
from store.queries.rows import Picture

LEVELS = ("easy", "usual", "hard")
CHOICES = 4
_DRAWN = 6  # pictures, of which the level takes one
_MOST_DRAWS = 40
_ENOUGH = 5  # answers to one picture, below which its category's count


def draw_round(reader: IndexReader, counters: Counters, level: str) -> Round | None:
    """Return a round; None where there are not two categories to choose among."""
    candidates = [picture for _ in range(_DRAWN) if (picture := reader.pick()) is not None]
    if not candidates:
        return None
    picture = _chosen(candidates, counters, level)
    names = {picture.name.casefold()}
    choices = [picture.category]

    def add(slug: str, name: str) -> None:
        # two categories may have one name
        if len(choices) < CHOICES and name.casefold() not in names:
            names.add(name.casefold())
            choices.append(slug)

    if level == "hard":
        for slug in counters.mistaken_for(picture.category, CHOICES):
            other = reader.pick(slug)
            if other is not None:
                add(slug, other.name)
    for other in candidates:
        add(other.category, other.name)
    for _ in range(_MOST_DRAWS):
        other = reader.pick() if len(choices) < CHOICES else None
        if other is None:
            break
        add(other.category, other.name)
    if len(choices) < 2:
        return None
    random.shuffle(choices)
    return Round(picture.short_hash, picture.category, tuple(choices))


def _chosen(candidates: list[Picture], counters: Counters, level: str) -> Picture:
    if level == "usual":
        return candidates[0]
    tallies = counters.pictures(picture.short_hash for picture in candidates)

    def difficulty(picture: Picture) -> float:
        tally = tallies.get(picture.short_hash, Tally())
        if tally.guesses < _ENOUGH:
            tally = counters.category(picture.category)
        return tally.difficulty

    return (min if level == "easy" else max)(candidates, key=difficulty)
