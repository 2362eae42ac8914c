"""What a bucket's refusals mean, in one line, with what to type instead."""

import re

from store.files.protocol import StoreUnusable

NO_BUCKET = "NoSuchBucket"
_CODE = re.compile(r"<Code>(\w+)</Code>")
_METADATA = "169.254.169.254"  # where a machine in Amazon's cloud would find its keys
_AGAIN = "then run the same command again: it continues"
_REFUSED = ("403 Forbidden", "401 Unauthorized")


def explain(error: Exception, address: str) -> StoreUnusable:
    """Return what to say about an error of obstore's; ``address``: s3://bucket/prefix."""
    text = str(error)
    found = _CODE.search(text)
    code = found[1] if found else ""
    if code == NO_BUCKET:
        return StoreUnusable(
            f"there is no bucket for {address}", "make it, or correct STORE_URL or AWS_ENDPOINT_URL"
        )
    if _METADATA in text:
        return StoreUnusable(
            f"there is no key for {address}", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if code == "AccessDenied":
        return StoreUnusable(
            f"{address} refuses this key, or there is no such bucket ({code})",
            "check that the bucket is there and what the key may do",
        )
    if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError") or any(
        words in text for words in _REFUSED
    ):
        return StoreUnusable(
            f"{address} refuses this key ({code or 'Forbidden'})",
            "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what the key may do",
        )
    if code:
        return StoreUnusable(f"{address} refused ({code})", f"see the server's log, {_AGAIN}")
    return StoreUnusable(
        f"{address} does not answer ({_reason(text)})",
        f"check AWS_ENDPOINT_URL and that the server runs, {_AGAIN}",
    )


def _reason(text: str) -> str:
    """Return the first line of a reason, without the address asked for: it may be signed."""
    line = text.splitlines()[0] if text else "no reason given"
    if "Connection refused" in text:
        return "connection refused"
    if "timed out" in text or "TimedOut" in text:
        return "timed out"
    if "dns error" in text:
        return "no such host"
    return re.sub(r"https?://\S+", "…", line)[:200]
