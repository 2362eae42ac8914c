"""Rounds of the game, sealed: a page can carry one without telling its answer.

Sealed with keyed BLAKE2b alone, in the way of SIV (RFC 5297): the authentication code over the
text is the initial vector of a key stream that hides it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field

_CODE_BYTES = 16
_LONGEST = 2000
KEPT_S = 3600  # somebody may go for a coffee


@dataclass(frozen=True, slots=True)
class Round:
    """One question: which of these categories is the picture of."""

    short_hash: str
    truth: str
    choices: tuple[str, ...]
    # of one that was opened: the same however its token was spelled, and when it is over
    number: str = field(default="", compare=False)  # 32 hexadecimal digits
    over_s: int = field(default=0, compare=False)  # seconds since 1970


class PlayTokens:
    """Seals rounds with one key."""

    def __init__(self, key: bytes) -> None:
        self._code_key = hashlib.blake2b(key, person=b"play code").digest()
        self._hiding_key = hashlib.blake2b(key, person=b"play hiding").digest()

    def seal(self, asked: Round) -> str:
        """Return a round's token; no two are alike."""
        fields = [secrets.token_hex(4), int(time.time())]
        text = json.dumps([*fields, asked.short_hash, asked.truth, *asked.choices]).encode()
        code = self._code(text)
        return base64.urlsafe_b64encode(code + self._hide(text, code)).rstrip(b"=").decode()

    def open(self, token: str) -> Round | None:
        """Return what is sealed; None for what was not sealed here within the last hour."""
        if len(token) > _LONGEST:
            return None
        try:
            padded = token.encode() + b"=" * (-len(token) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (ValueError, binascii.Error):
            return None
        code, hidden = sealed[:_CODE_BYTES], sealed[_CODE_BYTES:]
        text = self._hide(hidden, code)
        if not hmac.compare_digest(code, self._code(text)):
            return None
        _, made, short_hash, truth, *choices = json.loads(text)
        if time.time() - made > KEPT_S:
            return None
        return Round(short_hash, truth, tuple(choices), code.hex(), made + KEPT_S)

    def _code(self, text: bytes) -> bytes:
        return hashlib.blake2b(text, key=self._code_key, digest_size=_CODE_BYTES).digest()

    def _hide(self, text: bytes, code: bytes) -> bytes:
        stream = b"".join(
            hashlib.blake2b(code + number.to_bytes(4, "big"), key=self._hiding_key).digest()
            for number in range(len(text) // hashlib.blake2b().digest_size + 1)
        )
        return bytes(a ^ b for a, b in zip(text, stream, strict=False))
