"""`/about`: how the pictures were made, in plain words, by what and from what."""

from contextlib import suppress

from flask import Blueprint, Response

from app.http.errors import NotFound
from app.ops.index_handle import OpenIndex
from app.rendering.renderer import PageRenderer
from app.walls.model_cards import ModelCard, card_text, read_card
from core.licences import CC0
from core.settings import Settings
from store.index.database import IndexMissing
from store.queries.gallery import Gallery
from store.queries.models_shown import kept_card, kept_model, live_models, models_shown


def about_pages(settings: Settings, index: OpenIndex, renderer: PageRenderer) -> Blueprint:
    """Return the page, and the model cards it leads to."""
    pages = Blueprint("about", __name__)

    @pages.get("/about")
    def about() -> Response:
        try:
            reader = index.reader()
        except IndexMissing:
            pictures, categories, has_adopted = 0, 0, False
            models: list[tuple[ModelCard, str]] = []
        else:
            shelves = Gallery(reader).shelves()
            pictures, categories = shelves.total, len(shelves.shelves)
            has_adopted = models_shown(reader).has_adopted
            models = [
                (read_card(settings.models_folder, label, kept_model(reader, sha)), sha)
                for label, sha in live_models(reader)
            ]
        return renderer.page(
            "about.html",
            cache_control="no-cache",
            title="How nothing was made",
            place="/about",
            pictures=pictures,
            categories=categories,
            has_adopted=has_adopted,
            licences=settings.licences,
            is_cc0=settings.licences.generated == CC0,
            models=models,
        )

    @pages.get("/about/<name>/<version>")
    def card(name: str, version: str) -> Response:
        label = f"{name}/{version}"
        text = card_text(settings.models_folder, label) or ""
        if not text:
            with suppress(IndexMissing):
                text = kept_card(index.reader(), label)
        if not text:
            raise NotFound(
                f"there is no model card of {name[:100]}/{version[:20]}",
                what="model",
                instead="/about",
            )
        return Response(
            text,
            headers=[
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Cache-Control", "no-cache"),
            ],
        )

    return pages
