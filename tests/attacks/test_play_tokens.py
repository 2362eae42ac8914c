"""One round of the game, answered many times under many spellings of its token."""

import re
import string
from itertools import islice, product
from urllib.parse import urlencode

from app.game.counters import Counters
from tests.attacks.conftest import Target, status_of
from tests.conftest import NAMES

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def spellings(token: str) -> list[str]:
    """Return a token in other words: spare bits, both alphabets, padding."""
    spare = [
        token[:-1] + ALPHABET[ALPHABET.index(token[-1]) // 16 * 16 + bits] for bits in range(16)
    ]
    pairs = {"-": "-+", "_": "_/"}
    letters = [pairs.get(letter, letter) for letter in token]
    alphabets = ["".join(chosen) for chosen in islice(product(*letters), 16)]
    return [*alphabets, *spare, token + "=", token + "==", token + "==="]


def test_a_token_counts_once_however_it_is_spelled(target: Target) -> None:
    page = target.get("/play").decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    choice = re.search(r'name="guess" value="([^"]+)"', page)
    assert token and choice
    taken = 0
    for _ in range(2):  # both workers are asked
        for spelling in spellings(token[1]):
            form = urlencode({"token": spelling, "guess": choice[1]}).encode()
            head = (
                "POST /play HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(form)}\r\n\r\n"
            )
            taken += status_of(target.send(head.encode() + form)) == 200
    assert taken >= 4  # more than one spelling is understood
    counters = Counters(target.store.settings)
    assert sum(counters.category(slug).guesses for slug in NAMES) == 1
