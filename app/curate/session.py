"""Who is the owner: a signed cookie after the right token, and a CSRF token in each form.

The cookie holds a random number and whether the token was entered, signed with the site's key
and the token's hash: a new token ends every session. The CSRF token is an HMAC of that number;
forms have it in a field named word. The cookie is `SameSite=Strict` besides. Which sessions were
left is kept (app/curate/left_sessions.py), so that a copied cookie ends with its session.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

from flask import Request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from app.curate.left_sessions import LeftSessions
from app.curate.token import OwnerToken
from app.http.errors import NotTheOwner
from app.ops.redis import Away, Shared

COOKIE = "curate"
LASTS_S = 7 * 86_400
WRONG_TOKENS = 10  # in a minute, of one worker or, with Redis, of the site; then they get 429
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Session:
    """A browser at the door, or the owner's inside."""

    number: str
    is_owner: bool


class Sessions:
    """Reads and writes the sessions of one site."""

    def __init__(self, key: bytes, token: OwnerToken, left: LeftSessions) -> None:
        self._key = hashlib.blake2b(key, person=b"curate").digest()
        self._token = token
        self._left = left

    def read(self, request: Request) -> Session:
        """Return the browser's session; a new one, outside, where its cookie is not ours."""
        try:
            number, is_owner = self._serializer().loads(
                request.cookies.get(COOKIE, "")[:500], max_age=LASTS_S
            )
            session = Session(str(number), is_owner is True)
        except (BadSignature, ValueError, TypeError):
            return Session(self.new_number(), False)
        if session.is_owner and self._left.has(session.number):
            return Session(self.new_number(), False)
        return session

    def leave(self, session: Session) -> None:
        """End the owner's session, in every browser that has its cookie."""
        if session.is_owner:
            self._left.add(session.number)

    @staticmethod
    def new_number() -> str:
        return secrets.token_urlsafe(16)

    def keep(self, request: Request, response: Response, session: Session) -> None:
        """Give the browser its cookie, which goes to these pages alone."""
        response.set_cookie(
            COOKIE,
            self._serializer().dumps([session.number, session.is_owner]),
            max_age=LASTS_S,
            path=f"{request.root_path}/curate",
            httponly=True,
            samesite="Strict",
            secure=request.is_secure,
        )

    def csrf_token(self, session: Session) -> str:
        """Return what this session's forms carry."""
        return hmac.new(self._key, session.number.encode(), "sha256").hexdigest()

    def check_csrf(self, request: Request, session: Session, word: str | None = None) -> None:
        """Raise `NotTheOwner` unless a POST comes from one of this session's own forms.

        ``word``: the form's, where somebody else reads it.
        """
        given = (request.form.get("word", "") if word is None else word)[:200]
        elsewhere = request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin"
        right = hmac.compare_digest(given.encode(), self.csrf_token(session).encode())
        if elsewhere or not right:
            raise NotTheOwner(
                "this form is not from here, or older than the token",
                "go back to /curate and do it again there",
            )

    def _serializer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(
            self._key + (self._token.hash() or "").encode(),
            salt="session",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


_COUNT_WRONG = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
    local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
    return {string.format('%.3f', ARGV[2] - (now - oldest))}
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]))
return {'0'}
"""


class Patience:
    """Counts wrong tokens. A right one is never refused: nobody can lock the owner out.

    Of all machines together where they have a Redis, else of this worker.
    """

    def __init__(self, shared: Shared | None = None) -> None:
        self._shared = shared
        self._wrong: deque[float] = deque(maxlen=WRONG_TOKENS)
        self._counting = threading.Lock()

    def wait_s(self) -> int:
        """Count a wrong token; return the seconds until the next may be tried, 0 for now."""
        if self._shared is not None:
            with suppress(Away):
                name = secrets.token_hex(8)
                answer = self._shared.run(_COUNT_WRONG, "wrong", WRONG_TOKENS, _MINUTE_S, name)
                wait_s = float(answer[0])
                return max(1, round(wait_s)) if wait_s else 0
        now = time.monotonic()
        with self._counting:
            full = len(self._wrong) == WRONG_TOKENS
            oldest = self._wrong[0] if full else 0.0
            if full and now - oldest < _MINUTE_S:
                return max(1, round(_MINUTE_S - (now - oldest)))
            self._wrong.append(now)
        return 0
