"""Whose page a form was sent from."""

from flask import Request

from app.http.errors import NotFromHere


def check_origin(asked: Request, own: str) -> None:
    """Raise `NotFromHere` for a form on somebody else's page; ``own``: where ours is.

    No cookie is at stake, but that page's visitors would make this server work. A form of ours
    sends `Origin: null`, since our pages send no referrer; programs send neither header.
    """
    site = asked.headers.get("Sec-Fetch-Site", "")
    origin = asked.headers.get("Origin", "null")
    foreign = origin not in ("null", asked.host_url.rstrip("/"))
    if site in ("cross-site", "same-site") or (not site and foreign):
        raise NotFromHere("this form is on another site's page", f"open {own} here")
