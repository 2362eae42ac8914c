"""The owner's token: made here with 256 random bits, kept only as its hash.

A hash of so much chance cannot be searched for the token, so it needs neither salt nor many
rounds, and comparing costs an attacker's request no more than any other.
"""

import hashlib
import hmac
import secrets

from app.http.errors import NotCuratedHere
from core.errors import NonesuchError
from core.files import write_durably
from core.settings import Settings

TOKEN_FILE = "curate-token"  # noqa: S105
TOKEN_BYTES = 32
LONGEST = 200  # characters of a token that anybody sends


class TokenNotKept(NonesuchError):
    """The token cannot be kept in the instance folder."""


class OwnerToken:
    """The token of one site: made, removed and compared."""

    def __init__(self, settings: Settings) -> None:
        self._given = settings.curate_token_hash.strip().lower()
        self._path = settings.instance_folder / TOKEN_FILE

    def hash(self) -> str | None:
        """Return the token's SHA-256 in hexadecimal; None where there is no token.

        Raises `NotCuratedHere` where there is one that this user cannot read.
        """
        if self._given:
            return self._given
        try:
            return self._path.read_text(encoding="ascii").strip() or None
        except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
            return None
        except OSError as error:
            raise NotCuratedHere(
                f"the token's hash cannot be read ({error.strerror})",
                f"make the user that serves the owner of {TOKEN_FILE} in the instance folder "
                "(chown), or set NONESUCH_CURATE_TOKEN_HASH",
            ) from error

    def is_right(self, token: str) -> bool:
        """Compare a token, in a time that does not tell how much of it is right."""
        expected = self.hash() or ""  # a hash is never empty
        return hmac.compare_digest(hash_of(token[:LONGEST]).encode(), expected.encode())

    def make(self) -> str:
        """Make a token in place of the last, keep its hash, return it: it is nowhere else.

        Raises `TokenNotKept`.
        """
        self._refuse_if_given()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._path, f"{hash_of(token)}\n".encode(), 0o600)
        except OSError as error:
            raise _not_kept(error) from error
        return token

    def remove(self) -> bool:
        """Forget the token, so that curating is off; say whether there was one."""
        self._refuse_if_given()
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise _not_kept(error) from error
        return True

    def _refuse_if_given(self) -> None:
        if self._given:
            raise TokenNotKept(
                "the token's hash comes from NONESUCH_CURATE_TOKEN_HASH",
                "change that, or unset it to keep one in the instance folder",
            )


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _not_kept(error: OSError) -> TokenNotKept:
    return TokenNotKept(
        f"the token cannot be kept ({error.strerror})",
        "check the instance folder's owner and mode, or set NONESUCH_CURATE_TOKEN_HASH",
    )
