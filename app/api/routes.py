"""The routes of the API: every operation of the table that answers with JSON, its document, its
page."""

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from app.api import shapes
from app.api.cursors import Cursors
from app.api.openapi import openapi_document
from app.api.operations import OPERATIONS, Operation
from app.api.parameters import read_query
from app.http.answers import etag_matches
from app.http.errors import Gone, NotFound, TooMany
from app.ops.index_handle import OpenIndex
from app.ops.limits import CallLimit, call_limit, headers
from app.pictures.addresses import EXTENSIONS, SIZES
from app.pictures.presence import no_category
from app.site.context import Site
from store.index.database import IndexMissing, IndexUnusable
from store.index.states import LIVE
from store.queries.listing import Filter, page
from store.queries.reader import IndexReader
from store.queries.rows import Entry
from store.queries.sampling import different_pictures

_ROUNDS = 4  # of drawing, where files were deleted by hand
_METHODS = "GET, HEAD, OPTIONS"
_READABLE = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After"


def developer_api(site: Site) -> Blueprint:
    """Return the routes."""
    routes = Blueprint("api", __name__)
    settings = site.settings
    limit = call_limit(settings.api_calls_per_minute, site.shared, site.key)
    views = _views(site, Cursors(site.key))

    @lru_cache(maxsize=16)
    def document(root: str) -> bytes:
        return _encoded(openapi_document(site.identity.name, limit is not None, root))

    def add(rule: str, name: str, view: Callable[..., Response]) -> None:
        routes.add_url_rule(
            rule, name, view, methods=["GET", "OPTIONS"], provide_automatic_options=False
        )

    for operation in OPERATIONS:
        if operation.in_api:
            add(operation.rule, operation.name, _counted(operation, views[operation.name], limit))

    def openapi() -> Response:
        return _preflight() if request.method == "OPTIONS" else _tagged(document(request.root_path))

    add("/api/v1/openapi.json", "openapi", openapi)

    @routes.get("/api")
    def try_page() -> Response:
        return site.renderer.page(
            "api.html",
            title="Pictures for your pages",
            cache_control="no-cache",
            operations=[operation for operation in OPERATIONS if operation.in_api],
            pictures=[operation for operation in OPERATIONS if not operation.in_api],
            examples=_examples(site.index),
            sizes=SIZES,
            extensions=EXTENSIONS,
            place="/api",
        )

    @routes.after_request
    def say_more(response: Response) -> Response:
        response.headers["Access-Control-Expose-Headers"] = _READABLE
        response.headers.extend(g.get("rate_limit", ()))
        return response

    return routes


def _counted(
    operation: Operation, view: Callable[..., Response], limit: CallLimit | None
) -> Callable[..., Response]:
    """Return a view that counts its calls and reads its parameters."""
    in_path = {p.name: p for p in operation.parameters if p.in_path}

    def counted(**texts: str) -> Response:
        if request.method == "OPTIONS":
            return _preflight()
        if limit is not None:
            standing = limit.take(request.remote_addr or "")
            g.rate_limit = headers(limit, standing)
            if not standing.allowed:
                raise TooMany(
                    "these are more calls than this address may make",
                    f"wait {standing.next_in_s} s; RateLimit-Policy says how many there are",
                    standing.next_in_s,
                )
        values = {name: in_path[name].read(text) for name, text in texts.items()}
        return view(**values, **read_query(operation.parameters, request.args))

    return counted


def _views(site: Site, cursors: Cursors) -> dict[str, Callable[..., Response]]:
    index, is_there = site.index, site.is_there

    def told(entry: Entry) -> dict[str, Any]:
        licence = site.licences.of(entry.model)
        said = site.phrases.of(entry)
        return shapes.image(entry, said, site.concepts, licence, request.root_path)

    def random(n: int, category: str | None) -> Response:
        reader = index.reader()
        found: dict[int, dict[str, Any]] = {}
        for _ in range(_ROUNDS):
            drawn = different_pictures(reader, n, category)
            for entry in drawn:
                if len(found) < n and is_there(entry):
                    found.setdefault(entry.id, told(entry))
            if len(found) >= min(n, len(drawn)):
                break
        if not found:
            _check_category(reader, category)
        response = _json({"images": list(found.values())})
        response.headers["Cache-Control"] = "no-store"
        return response

    def images(category: str | None, limit: int, cursor: str | None, **filters: Any) -> Response:
        reader = index.reader()
        chosen = Filter(category=category, **filters)
        before = None if cursor is None else cursors.read(cursor, chosen)
        _check_category(reader, category)
        found = page(reader, chosen, limit, before)
        following = None
        if found.next is not None:
            query = [(name, text) for name, text in request.args.items() if name != "cursor"]
            query.append(("cursor", cursors.write(found.next, chosen)))
            following = f"{request.root_path}/api/v1/images?{urlencode(query)}"
        listed = [told(entry) for entry in found.entries]
        response = _tagged(_encoded({"images": listed, "next": following}))
        if following is not None:
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    def one_image(hash: str) -> Response:
        entry = index.reader().by_hash(hash)
        if entry is None:
            raise NotFound(f"there is no picture {hash}", what="picture")
        if entry.state != LIVE:
            raise Gone(f"the picture {entry.short_hash} was removed")
        return _tagged(_encoded(told(entry)))

    def categories() -> Response:
        found = index.reader().categories()
        listed = [shapes.category(one, request.root_path) for one in found]
        return _tagged(_encoded({"categories": listed}))

    return {
        "random": random,
        "images": images,
        "one_image": one_image,
        "categories": categories,
    }


def _examples(index: OpenIndex) -> dict[str, str]:
    """Return a value for every parameter, of a picture that is here where there is one."""
    values = {p.name: p.example for operation in OPERATIONS for p in operation.parameters}
    try:
        picture = index.reader().pick()
    except (IndexMissing, IndexUnusable):
        picture = None
    if picture is not None:
        values |= {"hash": picture.short_hash, "category": picture.category}
        values |= {"model": picture.model} if picture.model else {}
    return values


def _check_category(reader: IndexReader, slug: str | None) -> None:
    if slug is not None and reader.pick(slug) is None:
        raise no_category(reader, slug)


def _encoded(body: Any) -> bytes:
    return (json.dumps(body, ensure_ascii=False) + "\n").encode()


def _json(body: Any) -> Response:
    return Response(_encoded(body), content_type="application/json")


def _tagged(body: bytes) -> Response:
    """Answer with a body that is asked for again, 304 where it is known already."""
    etag = f'"{hashlib.blake2b(body, digest_size=9).hexdigest()}"'
    if etag_matches(request.headers.get("If-None-Match"), etag):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(body, content_type="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    return response


def _preflight() -> Response:
    response = Response(status=204)
    del response.headers["Content-Type"]
    for name, value in (
        ("Allow", _METHODS),
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Allow-Headers", "*"),
        ("Access-Control-Max-Age", "86400"),
    ):
        response.headers[name] = value
    return response
