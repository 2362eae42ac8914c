"""Which models made what the site shows: one look-up per model, however many pictures there are."""

from dataclasses import dataclass

from store.queries.reader import IndexReader

_MOST = 100
# the index of (model_digest, category_id, seed) leads from one digest to the next
NEXT_MODEL = """
SELECT model_digest, model FROM image WHERE model_digest > :after ORDER BY model_digest LIMIT 1
"""
ADOPTED = "SELECT 1 FROM image WHERE model_digest IS NULL LIMIT 1"


@dataclass(frozen=True, slots=True)
class ModelsShown:
    """What the pictures of an index come from, rejected ones included."""

    models: tuple[tuple[str, str], ...]  # (name/version, digest), by name
    has_adopted: bool  # pictures of which nobody said where they come from


def models_shown(reader: IndexReader) -> ModelsShown:
    """Ask an index for its models, at most 100 of them."""
    found: list[tuple[str, str]] = []
    digest = ""
    while len(found) < _MOST and (rows := reader.ask(NEXT_MODEL, {"after": digest})):
        digest, name = rows[0]
        found.append((name or digest[:12], digest))
    return ModelsShown(tuple(sorted(found)), bool(reader.ask(ADOPTED, {})))
