"""`/categories`: what the site can show, for programs and for people."""

import json

from flask import Blueprint, Response, request

from app.ops.index_handle import OpenIndex
from app.rendering.negotiation import prefers_json
from app.rendering.renderer import PageRenderer


def category_list(index: OpenIndex, renderer: PageRenderer) -> Blueprint:
    """Return the list in its two forms."""
    pages = Blueprint("categories", __name__)

    @pages.get("/categories")
    @pages.get("/categories.json")
    def categories() -> Response:
        found = sorted(index.reader().categories(), key=lambda found: found.name.casefold())
        if prefers_json(request):
            response = Response(
                json.dumps(
                    {
                        "categories": [
                            {
                                "slug": category.slug,
                                "name": category.name,
                                "pictures": category.pictures,
                                "url": f"{request.root_path}/c/{category.slug}",
                            }
                            for category in found
                        ]
                    },
                    ensure_ascii=False,
                )
                + "\n",
                headers=[("Content-Type", "application/json"), ("Cache-Control", "no-cache")],
            )
        else:
            response = renderer.page(
                "categories.html",
                place="/categories",
                title=f"{len(found)} kinds of things that do not exist",
                cache_control="no-cache",
                categories=found,
                pictures=sum(category.pictures for category in found),
            )
        response.headers["Vary"] = "Accept"
        return response

    return pages
