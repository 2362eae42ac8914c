"""Cursors: where the next page begins, readable to nobody, signed so that nobody can make one.

A cursor holds the last picture's row and time. It is good for the filters that it was given out
with, until the index is rebuilt or the key changes: it is for one walk, not to be kept.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from app.http.errors import BadParameter
from store.queries.listing import Filter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIGNATURE_BYTES = 12
_LONGEST = 100


class Cursors:
    """Writes and reads cursors with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, person=b"cursor").digest()

    def write(self, last: tuple[datetime, int], chosen: Filter) -> str:
        """Return the cursor of the page after a row, for one filter."""
        moment = (last[0] - _EPOCH) // timedelta(microseconds=1)
        payload = f"{moment}.{last[1]}".encode()
        return self._text(self._signature(payload, chosen) + payload)

    def read(self, text: str, chosen: Filter) -> tuple[datetime, int]:
        """Return the row after which the page begins. Raises `BadParameter`."""
        try:
            if len(text) > _LONGEST:
                raise ValueError(text)
            data = base64.b64decode(
                text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True
            )
            signature, payload = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._signature(payload, chosen)):
                raise ValueError(text)
            if self._text(signature + payload) != text:  # base64 has spare bits at its end
                raise ValueError(text)
            moment, _, row_id = payload.decode().partition(".")
            return _EPOCH + timedelta(microseconds=int(moment)), int(row_id)
        except (ValueError, binascii.Error) as error:
            raise BadParameter(
                "this cursor was not given out for these parameters",
                "begin without a cursor, then follow next",
            ) from error

    def _signature(self, payload: bytes, chosen: Filter) -> bytes:
        message = payload + b" " + repr(chosen).encode()
        return hashlib.blake2b(message, key=self._key, digest_size=_SIGNATURE_BYTES).digest()

    @staticmethod
    def _text(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
