"""Cursors: where the next page begins, signed so that nobody can make one.

A cursor holds the last picture's time and row. It is good for the filters that it was given out
with, until the index is rebuilt or the key changes: it is for one walk, not to be kept.
"""

import hashlib
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from app.http.errors import BadParameter
from store.queries.listing import Filter

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Cursors:
    """Writes and reads cursors with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, last: tuple[datetime, int], chosen: Filter) -> str:
        """Return the cursor of the page after a row, for one filter."""
        moment = (last[0] - _EPOCH) // timedelta(microseconds=1)
        return self._serializer(chosen).dumps([moment, last[1]])

    def read(self, text: str, chosen: Filter) -> tuple[datetime, int]:
        """Return the row after which the page begins. Raises `BadParameter`."""
        try:
            moment, row_id = self._serializer(chosen).loads(text)
        except BadData as error:
            raise BadParameter(
                "this cursor was not given out for these parameters",
                "begin without a cursor, then follow next",
            ) from error
        return _EPOCH + timedelta(microseconds=moment), row_id

    def _serializer(self, chosen: Filter) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key,
            salt=f"cursor {chosen!r}",
            # 48 bytes are 64 letters of base64 without spare bits: no other spelling is as good
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha384},
        )
