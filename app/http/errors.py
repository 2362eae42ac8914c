"""What can go wrong with a request, each by its own name.

`app.rendering.error_pages` says which status, title and page each becomes.
"""

from core.errors import NonesuchError

EMPTY_HINT = "fill the store with: flask pregen --categories 60"


class NotFound(NonesuchError):
    """An address that shows nothing; ``what`` was looked for, ``instead`` may be meant."""

    def __init__(self, message: str, hint: str = "", what: str = "page", instead: str = "") -> None:
        super().__init__(message, hint)
        self.what = what
        self.instead = instead


class Gone(NonesuchError):
    """A picture that was here; ``instead`` may be looked at."""

    def __init__(self, message: str, hint: str = "", instead: str = "") -> None:
        super().__init__(message, hint)
        self.instead = instead


class NothingToShow(NonesuchError):
    """A store without pictures."""


class BadParameter(NonesuchError):
    """A parameter of an address that makes no sense."""


class TooLong(NonesuchError):
    """An address that goes on for too long."""


class NotAcceptable(NonesuchError):
    """An Accept header that nothing here suits."""


class TooMany(NonesuchError):
    """More calls than one address may make; ``retry_after_s`` says when there is another."""

    def __init__(self, message: str, hint: str, retry_after_s: int) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class NotMade(NonesuchError):
    """A live picture whose generator is broken or away."""


class Busy(NonesuchError):
    """More live pictures asked for than are made; soon a slot is free again."""

    retry_after_s = 1


class StoreSilent(NonesuchError):
    """A bucket that does not answer."""

    retry_after_s = 5


class NoUpload(NonesuchError):
    """A form that should bring a picture and does not."""


class TooLarge(NonesuchError):
    """A picture of more bytes or pixels than are taken."""


class NotAPicture(NonesuchError):
    """A file that is no picture, or not of a kind that is taken."""


class NotFromHere(NonesuchError):
    """A form on somebody else's page."""


class NotCuratedHere(NonesuchError):
    """The owner's pages are off: there is no token, or nothing can be written."""


class NotTheOwner(NonesuchError):
    """Somebody without a session, or a form that is not from here."""


class TooManyTokens(NonesuchError):
    """Wrong tokens, one after the other."""

    def __init__(self, message: str, hint: str, retry_after_s: int) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class JobRunning(NonesuchError):
    """Another job of the owner's runs on this machine."""


class NoJob(NonesuchError):
    """There is nothing to stop or to continue."""


class NobodyMakesMore(NonesuchError):
    """A category of which no generator made a picture."""
