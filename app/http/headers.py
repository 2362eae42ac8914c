"""The headers that every answer carries, whoever made it.

They go on below Flask, in `app.http.answers`: through Werkzeug each costs some 3 µs, and an
after_request function 10.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    (
        "Permissions-Policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    ),
]
# what is not a page runs and loads nothing at all, opened by itself
# a page that shows the camera says so itself, before its policy of content
_CAMERA = (
    "Permissions-Policy",
    dict(ALWAYS)["Permissions-Policy"].replace("camera=()", "camera=(self)"),
)
_ALWAYS_BUT_PERMISSIONS = [header for header in ALWAYS if header[0] != "Permissions-Policy"]
_PLAIN_POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
PLAIN_HEADERS = [*ALWAYS, _PLAIN_POLICY]

# what pages of other sites may show, read and draw with, also where these let nothing in that does
# not say so (Cross-Origin-Embedder-Policy)
FOR_OTHERS = [
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
]
_FOR_OTHERS_AT = re.compile(
    r"/(?:api|avatar|categories|feed|images|live|morphs|oembed|random|seed|sized|today)(?![^/.])"
    r"|/c/[^/]+/seed/|/i/[^/]+/|/[0-9]+/[0-9]"
)

# a worker does not inherit its page's policy: this one may load the generator and compile it
WORKER_POLICY = (
    "Content-Security-Policy",
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; "
    "frame-ancestors 'none'",
)


def complete(headers: list[tuple[str, str]], path: str) -> list[tuple[str, str]]:
    """Return an answer's headers with those that all have, and all at its path.

    A page has a policy of its own.
    """
    names = {name for name, _ in headers}
    if "Permissions-Policy" in names:
        more = _ALWAYS_BUT_PERMISSIONS
    else:
        more = ALWAYS if "Content-Security-Policy" in names else PLAIN_HEADERS
    if _FOR_OTHERS_AT.match(path) or "Access-Control-Allow-Origin" in names:
        more = [*more, *(header for header in FOR_OTHERS if header[0] not in names)]
    return headers + more


def complete_own(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Do the same for headers that begin with the policy where there is one, at no search."""
    return headers + (ALWAYS if headers[0][0] == "Content-Security-Policy" else PLAIN_HEADERS)


def new_nonce() -> str:
    """Return a nonce: only the style sheets and scripts of this one answer may carry it."""
    return secrets.token_urlsafe(16)


def with_camera(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a page's headers for one that may show the camera, and pictures of its own making."""
    return [
        _CAMERA,
        *(
            (name, value.replace("img-src 'self'", "img-src 'self' blob: data:"))
            if name == "Content-Security-Policy"
            else (name, value)
            for name, value in headers
        ),
    ]


def with_worker(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return a page's headers for one that may start workers of this site."""
    return [
        (name, f"{value}; worker-src 'self'" if name == "Content-Security-Policy" else value)
        for name, value in headers
    ]


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """The Content-Security-Policy of pages, in three parts: a nonce goes between them."""

    before: str
    between: str
    after: str


def page_policy(
    picture_origin: str = "", sources: Mapping[str, tuple[str, ...]] | None = None
) -> PagePolicy:
    """Return the policy of all pages of a site.

    ``picture_origin``: where pictures are redirected to, if anywhere; ``sources``: what else may
    be loaded, by directive.
    """
    more = {name: "".join(f" {each}" for each in found) for name, found in (sources or {}).items()}
    origin = f" {picture_origin}" if picture_origin else ""
    frames = f"; frame-src{more['frame-src']}" if more.get("frame-src") else ""
    return PagePolicy(
        f"default-src 'none'; img-src 'self'{origin}{more.get('img-src', '')}; "
        f"font-src 'self'{more.get('font-src', '')}; "
        f"connect-src 'self'{origin}{more.get('connect-src', '')}; style-src 'nonce-",
        f"'{more.get('style-src', '')}; script-src 'nonce-",
        f"'{more.get('script-src', '')}{frames}; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'",
    )


def page_headers(nonce: str, cache_control: str, policy: PagePolicy) -> list[tuple[str, str]]:
    """Return the headers of an HTML page, less those that every answer has."""
    return [
        (
            "Content-Security-Policy",
            f"{policy.before}{nonce}{policy.between}{nonce}{policy.after}",
        ),
        ("Cache-Control", cache_control),
        ("Content-Type", "text/html; charset=utf-8"),
    ]
