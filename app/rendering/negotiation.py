"""JSON or a page: what an Accept header and an address ask for."""

from flask import Request

# addresses whose readers are programs unless they say otherwise
_FOR_PROGRAMS = ("/api/", "/categories", "/healthz", "/oembed")


def prefers_json(request: Request) -> bool:
    """Say whether to answer with JSON; where both are as welcome, the address decides."""
    if request.path.endswith(".json") or request.path.startswith("/api/"):
        return True
    offers = ["text/html", "application/json"]
    if request.path.startswith(_FOR_PROGRAMS) or _is_upload(request):
        offers.reverse()
    best = request.accept_mimetypes.best_match(offers, default=offers[0])
    return best == "application/json"


def _is_upload(request: Request) -> bool:
    # a browser that sends a form names text/html; what names nothing is a program
    return request.method == "POST" and request.path.startswith("/translate")
