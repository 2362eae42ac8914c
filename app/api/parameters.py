"""Parameters of the API: what one may be, as a JSON schema and as the function that reads it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from app.http.errors import BadParameter


class ParameterKind(Protocol):
    """What a value may be."""

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema, draft 2020-12, of what `read` takes."""
        ...

    def read(self, text: str) -> Any:
        """Return the value that a text means. Raises ValueError with what it should be."""
        ...


@dataclass(frozen=True)
class WholeNumber:
    """A decimal number within bounds."""

    least: int
    most: int

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}

    def read(self, text: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", text) and self.least <= int(text) <= self.most:
            return int(text)
        raise ValueError(f"a whole number from {self.least} to {self.most}")


@dataclass(frozen=True)
class Text:
    """A text of a certain form."""

    pattern: str
    what: str

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}

    def read(self, text: str) -> str:
        if re.fullmatch(self.pattern, text):
            return text
        raise ValueError(self.what)


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.words)}

    def read(self, text: str) -> str:
        if text in self.words:
            return text
        raise ValueError(f"one of {', '.join(self.words)}")


class Moment:
    """A time with its zone: RFC 3339."""

    schema: dict[str, Any] = {"type": "string", "format": "date-time"}  # noqa: RUF012
    _FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

    def read(self, text: str) -> datetime:
        # a plus sign that was not percent-encoded arrives as a space
        text = re.sub(r" (\d\d:\d\d)$", r"+\1", text)
        if self._FORM.fullmatch(text):
            try:
                # a leap second is the one before
                whole = re.sub(r"(:\d\d):60", r"\1:59", text.upper())
                return datetime.fromisoformat(whole).astimezone(UTC)
            except (ValueError, OverflowError):
                pass  # no such day
        raise ValueError("a time with its zone, for example 2026-01-31T12:00:00Z")


@dataclass(frozen=True)
class Parameter:
    """A named value in an address; in its path, or after the question mark."""

    name: str
    kind: ParameterKind
    about: str
    example: Any
    default: Any = None  # shown in the document
    in_path: bool = False

    def read(self, text: str) -> Any:
        """Return the value. Raises `BadParameter`."""
        try:
            return self.kind.read(text)
        except ValueError as error:
            raise BadParameter(
                f"{self.name}={text[:60]!r} makes no sense", f"it is {error}"
            ) from error

    @property
    def document(self) -> dict[str, Any]:
        """The parameter as OpenAPI says it."""
        schema = dict(self.kind.schema)
        if self.default is not None:
            schema["default"] = self.default
        return {
            "name": self.name,
            "in": "path" if self.in_path else "query",
            "required": self.in_path,
            "description": self.about,
            "schema": schema,
            "example": self.example,
        }


def read_query(parameters: tuple[Parameter, ...], query: Any) -> dict[str, Any]:
    """Return the values after the question mark, defaults included. Raises `BadParameter`."""
    known = {p.name: p for p in parameters if not p.in_path}
    values = {name: p.default for name, p in known.items()}
    for name, texts in query.lists():
        if name not in known:
            names = ", ".join(known)
            raise BadParameter(
                f"there is no parameter {name[:60]!r}",
                f"parameters are {names}" if names else "there are none here",
            )
        if len(texts) > 1:
            raise BadParameter(f"{name} is given {len(texts)} times", "give it once")
        values[name] = known[name].read(texts[0])
    return values
