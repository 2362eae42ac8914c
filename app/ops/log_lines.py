"""What visitors send makes no lines of its own in the log.

An address may hold `%0a`, and with it whatever looks like a line of the log. A message is one line
here, with its control characters escaped; the lines of a traceback are indented.
"""

import logging
import re

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class OneLine(logging.Filter):
    """Makes a record one line, and what follows it indented; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = escape_controls(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = "\n".join(f"    {escape_controls(line)}" for line in text.split("\n"))
        return True


def escape_controls(text: str) -> str:
    """Return a text without control characters or line ends: as Python would write them."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


_one_line = OneLine()  # one: a logger or a handler takes it once


def keep_lines_apart(logger: logging.Logger) -> None:
    """Have a logger write so, and its handlers, which also get what loggers below it say."""
    for place in (logger, *logger.handlers):
        place.addFilter(_one_line)
