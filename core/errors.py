"""The one base error of the project: a message and, where there is one, what to type instead."""

import errno

# what a disk or a system refuses, whatever the program does
_REFUSED = {
    errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EMFILE,
    errno.ENFILE, errno.ESTALE, errno.ENODEV, errno.ETXTBSY,
}  # fmt: skip
# a path that leads nowhere, of a setting or an option
_NO_PATH = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}


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


class SystemRefused(NonesuchError):
    """A disk that is full, broken or closed to this user, a limit of the system, a wrong path."""


def refused(error: OSError) -> SystemRefused | None:
    """Return what to tell the user of an error that the system made; None of any other."""
    if error.errno in _REFUSED:
        hint = "check the disk, its free space, owner and mode, then run the same command again"
    elif error.errno in _NO_PATH and error.filename:
        hint = "name another path, in the command or in the setting that it comes from"
    else:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return SystemRefused(f"{where}{error.strerror}", hint)
