"""Pictures of a bucket: a redirect to where anybody can read them, or their bytes through the site.

The index says first whether a picture is live, so what was thrown out is gone here at once. An
address that was given out before stays good as long as it was signed for; what is rejected leaves
the place that it leads to.
"""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.http.answers import Answer, etag_matches
from app.http.errors import StoreSilent
from app.http.picture_files import media_type_of, picture_headers, single_range
from core.settings import Settings
from store.files.bucket import PictureBucket
from store.files.opening import PROXY
from store.files.protocol import StoreUnusable

if TYPE_CHECKING:
    from obstore import GetResult

_CHUNK_BYTES = 262_144

log = logging.getLogger(__name__)


class BucketFiles:
    """Answers for the pictures of a bucket, in place of `app.http.picture_files.PictureFiles`."""

    def __init__(self, store: PictureBucket, settings: Settings) -> None:
        self._store = store
        self._is_proxy = settings.store_answers == PROXY
        self._public = settings.store_public_url.rstrip("/")
        self._link_s = settings.store_link_s
        self._headers = picture_headers(settings.picture_max_age_s)

    def answer_made(self, environ: dict[str, Any]) -> None:  # noqa: ARG002
        """Nothing without the index."""
        return

    def answer(
        self, category: str, file: str, content_hash: str, environ: dict[str, Any]
    ) -> Answer:
        """Answer a GET or HEAD of a picture that is live.

        302, or as a proxy 200, 206 for one range, 304. Raises FileNotFoundError,
        RequestedRangeNotSatisfiable, `StoreSilent`.
        """
        try:
            if self._is_proxy:
                return self._bytes(category, file, content_hash, environ)
            return self._redirect(category, file)
        except StoreUnusable as error:
            log.warning("%s", error)
            raise StoreSilent("the store of the pictures does not answer", "ask again") from error

    def _redirect(self, category: str, file: str) -> Answer:
        if self._public:
            address = f"{self._public}/images/{category}/{file}"
        else:
            address = self._store.signed_address(category, file, self._link_s)
        # a redirect that is kept must lead to an address that is still good for a while
        headers = [
            ("Location", address),
            ("Cache-Control", f"public, max-age={self._link_s // 2}"),
            ("Content-Length", "0"),
        ]
        return Answer("302 Found", headers, [])

    def _bytes(
        self, category: str, file: str, content_hash: str, environ: dict[str, Any]
    ) -> Answer:
        etag = f'"{content_hash}"'
        headers = [*self._headers, ("ETag", etag)]
        is_known = etag_matches(environ.get("HTTP_IF_NONE_MATCH"), etag)
        is_ranged = "HTTP_RANGE" in environ and environ.get("HTTP_IF_RANGE", etag) == etag
        part = None
        if is_known or environ["REQUEST_METHOD"] == "HEAD" or is_ranged:
            size = self._store.size(category, file)
            if size is None:
                raise FileNotFoundError(file)
            if is_known:
                return Answer("304 Not Modified", headers, [])
            headers.append(("Content-Type", media_type_of(file)))
            if environ["REQUEST_METHOD"] == "HEAD":
                return Answer("200 OK", [*headers, ("Content-Length", str(size))], [])
            part = single_range(environ["HTTP_RANGE"], size)
        else:
            headers.append(("Content-Type", media_type_of(file)))
        found = self._store.open(category, file, part)
        if found is None:
            raise FileNotFoundError(file)
        start, end = found.range
        headers.append(("Content-Length", str(end - start)))
        if part is None:
            return Answer("200 OK", headers, _chunks(found))
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{found.meta['size']}"))
        return Answer("206 Partial Content", headers, _chunks(found))


def _chunks(found: "GetResult") -> Iterator[bytes]:
    # a connection that breaks now ends the answer early: its length tells whoever reads it
    for chunk in found.stream(_CHUNK_BYTES):
        yield bytes(chunk)
