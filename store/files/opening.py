"""Which store there is: the images folder, or a bucket where STORE_URL names one."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.files import expanded
from core.settings import BadSetting, Settings
from store.files.folder import PictureFolder
from store.files.protocol import PictureStore

if TYPE_CHECKING:
    from store.files.bucket import PictureBucket

LIVE_FOLDER = "images"  # of a bucket's prefix
REDIRECT, PROXY = "redirect", "proxy"
LONGEST_LINK_S = 604_800  # what signatures of this kind can last: a week
_URL = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?P<prefix>(?:/[\w.\-]+)*)/?")


def open_pictures(settings: Settings) -> PictureStore:
    """Return the store of the live pictures. Raises `BadSetting`; asks no server anything yet."""
    if settings.store_url:
        return open_bucket(settings.store_url, settings.store_wait_s)
    return PictureFolder(settings.images_folder)


def open_named(text: str, wait_s: float) -> PictureStore:
    """Return the store that a word of a command names: s3://bucket/prefix, or a folder."""
    return open_bucket(text, wait_s) if is_bucket(text) else PictureFolder(expanded(text))


def is_bucket(text: str) -> bool:
    """Say whether a word means a bucket, not a folder."""
    return "://" in text


def open_bucket(url: str, wait_s: float) -> "PictureBucket":
    """Return the live pictures of a bucket, s3://bucket/prefix.

    Keys, endpoint and region come from the AWS_ variables, as for Amazon's own programs; a request
    that gets no answer is tried again for ``wait_s`` seconds. Raises `BadSetting`.
    """
    bucket, prefix = _parts(url)
    from obstore.store import S3Store  # 16 MB on disk that a site over a folder has no use for

    from store.files.bucket import PictureBucket

    objects = S3Store(
        bucket,
        prefix=prefix or None,
        config={"checksum_algorithm": "sha256"},
        # plain HTTP only where AWS_ENDPOINT_URL says http://
        client_options={"allow_http": True, "connect_timeout": "5s", "timeout": "30s"},
        retry_config={
            "retry_timeout": timedelta(seconds=wait_s),
            "max_retries": 1000,
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=2),
                "base": 2,
            },
        },
    )
    return PictureBucket(objects, LIVE_FOLDER, f"s3://{bucket}/{prefix}".rstrip("/"))


def picture_origin(settings: Settings) -> str:
    """Return the origin that pictures are redirected to; empty: none. Asks no server."""
    if not settings.store_url or settings.store_answers == PROXY:
        return ""
    address = settings.store_public_url
    if not address:
        import obstore
        from obstore.store import S3Store

        # what the AWS_ variables say of endpoint and region; any key gives the same origin
        bucket, _ = _parts(settings.store_url)
        stand_in = S3Store(bucket, access_key_id="any", secret_access_key="any")  # noqa: S106
        address = obstore.sign(stand_in, "GET", "x", timedelta(seconds=1))
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def check_store(settings: Settings) -> None:
    """Raise `BadSetting` for settings of a store that make no sense."""
    if settings.store_url:
        _parts(settings.store_url)
    if settings.store_answers not in (REDIRECT, PROXY):
        raise BadSetting(
            f"NONESUCH_STORE_ANSWERS={settings.store_answers!r} is no way to answer",
            f"choose {REDIRECT} or {PROXY}",
        )
    parts = urlsplit(settings.store_public_url)
    if settings.store_public_url and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise BadSetting(
            f"NONESUCH_STORE_PUBLIC_URL={settings.store_public_url!r} is no address",
            "for example: https://pictures.example.org",
        )
    if not 2 <= settings.store_link_s <= LONGEST_LINK_S:
        raise BadSetting(
            f"NONESUCH_STORE_LINK_S={settings.store_link_s} is not between 2 and {LONGEST_LINK_S}",
            "for example: 3600",
        )


def _parts(url: str) -> tuple[str, str]:
    """Return bucket and prefix, without slashes. Raises `BadSetting`."""
    match = _URL.fullmatch(url)
    if match is None or "/." in url:
        raise BadSetting(f"{url!r} is no address of a bucket", "for example: s3://bucket/prefix")
    return match["bucket"], match["prefix"].strip("/")
