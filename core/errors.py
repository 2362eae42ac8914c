"""The one base error of the project: a message and, where there is one, what to type instead."""


class NonesuchError(Exception):
    """An error that a user can act on.

    Shown as one line: by the command line with exit status 1, by the site as a page or as
    ``{"error": {"status", "message", "hint"}}``.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.message, self.hint)  # crosses process borders whole

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message
