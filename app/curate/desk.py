"""What the owner's routes share: the index for a moment, the page's frame, the answer of a form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import Response
from werkzeug.wrappers import Response as Answer

from app.curate.session import Sessions
from app.site.context import Site

if TYPE_CHECKING:
    from app.curate.service import Curating
    from store.queries.rows import Picture


class OpenCurating(Protocol):
    """Opens the index: to read, or to write."""

    def __call__(self, *, write: bool = False) -> "Curating": ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Built by `app.curate.views.curate_pages`."""

    site: Site
    sessions: Sessions
    curating: OpenCurating
    page: Callable[..., Response]  # template, session, title, status, values
    back: Callable[[str], Answer]  # what was done → to the page that was acted on
    shown: Callable[["Picture"], dict[str, object]]  # what a template shows of a picture
