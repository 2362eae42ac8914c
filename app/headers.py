"""The headers that every answer carries, whoever made it.

They go on below Flask, in `app.answers`: through Werkzeug each costs some 3 µs, and an
after_request function 10.
"""

import secrets

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
_PLAIN_POLICY = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
PLAIN_HEADERS = [*ALWAYS, _PLAIN_POLICY]


def complete(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return an answer's headers with those that all have; a page has a policy of its own."""
    for name, _ in headers:
        if name == "Content-Security-Policy":
            return headers + ALWAYS
    return headers + PLAIN_HEADERS


def new_nonce() -> str:
    """Return a nonce: only the style sheets and scripts of this one answer may carry it."""
    return secrets.token_urlsafe(16)


def page_headers(nonce: str, cache_control: str) -> list[tuple[str, str]]:
    """Return the headers of an HTML page, less those that every answer has."""
    return [
        (
            "Content-Security-Policy",
            f"default-src 'none'; img-src 'self'; font-src 'self'; connect-src 'self'; "
            f"style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'",
        ),
        ("Cache-Control", cache_control),
        ("Content-Type", "text/html; charset=utf-8"),
    ]
