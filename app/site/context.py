"""The context: what the routes work with, built once and handed down."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from app.identity.identity import Identity
from app.ops.index_handle import OpenIndex
from app.ops.redis import Shared, shared_by
from app.ops.visit_counts import VisitCounts
from app.rendering.cutouts import Cutouts
from app.rendering.languages import locale_chooser
from app.rendering.phrases import Phrases
from app.rendering.renderer import PageRenderer
from app.rendering.taglines import Taglines
from core.concept_names import ConceptNames
from core.licences import Licences
from core.settings import Settings
from store.curation.withheld import Withheld
from store.files.opening import open_pictures
from store.files.protocol import PictureStore
from store.queries.rows import Picture


@dataclass(frozen=True, slots=True)
class Site:
    """One site; what is in it may be shared between threads."""

    settings: Settings
    identity: Identity  # what it is called, says and looks like
    index: OpenIndex
    store: PictureStore  # of the live pictures
    renderer: PageRenderer
    key: bytes  # signs permalinks, cursors, rounds and sessions
    shared: Shared | None  # where all machines count; None: each counts for itself
    is_there: Callable[[Picture], bool]  # whether the store has a picture's file
    cutouts: Cutouts
    concepts: ConceptNames
    phrases: Phrases  # the sentences of pictures and categories
    taglines: Taglines  # the lines under pictures
    locale_of: Callable[[str], str]  # by an Accept-Language header
    withheld: Withheld  # what the owner took away, which nothing makes anew
    licences: Licences  # under which the pictures may be used
    visits: VisitCounts | None  # None: nothing is counted


def build_site(
    settings: Settings, identity: Identity, index: OpenIndex, renderer: PageRenderer, key: bytes
) -> Site:
    """Return the context of a site; neither index, store nor Redis is asked anything yet.

    Raises `BadSetting`.
    """
    return Site(
        settings=settings,
        identity=identity,
        index=index,
        store=open_pictures(settings),
        renderer=renderer,
        key=key,
        shared=shared_by(settings.redis_url),
        is_there=_stored_check(settings),
        cutouts=Cutouts(settings.models_folder),
        concepts=ConceptNames(settings.models_folder),
        phrases=Phrases(identity),
        taglines=Taglines(identity.lines),
        locale_of=locale_chooser(settings.default_locale),
        withheld=Withheld(index.reader),
        licences=settings.licences,
        visits=VisitCounts(settings) if settings.count_visits else None,
    )


def _stored_check(settings: Settings) -> Callable[[Picture], bool]:
    """Return what says whether a picture's file is there: one may have been deleted by hand.

    In a folder that is one system call. A bucket would have to be asked over the network for every
    page, so there the index is believed: nobody deletes there by hand, and `flask verify` tells.
    """
    if settings.store_url:
        return lambda picture: True  # noqa: ARG005
    folder = os.fspath(settings.images_folder)

    def is_stored(picture: Picture) -> bool:
        # a Path would take three times as long
        return os.path.isfile(f"{folder}/{picture.category}/{picture.file}")  # noqa: PTH113

    return is_stored
