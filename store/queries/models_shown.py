"""Which models made what the site shows: one look-up per model, however many pictures there are.

What is said of a model is kept in the index when it makes pictures: its folder may be gone since.
"""

from dataclasses import dataclass

from store.queries.reader import IndexReader

_MOST = 100
# the index of (model_digest, category_id, seed) leads from one digest to the next
NEXT_MODEL = """
SELECT model_digest, model FROM image WHERE model_digest > :after ORDER BY model_digest LIMIT 1
"""
ADOPTED = "SELECT 1 FROM image WHERE model_digest IS NULL LIMIT 1"
IS_LIVE = """
SELECT 1 FROM image WHERE model_digest = :digest AND state = 'live'
ORDER BY category_id, seed LIMIT 1
"""
KEPT = "SELECT title, licence, size_px, card FROM generator WHERE digest = :digest"
# of a name/version, however it ran
KEPT_CARDS = "SELECT card FROM generator WHERE model IN (:label, :asked_for) ORDER BY digest"


@dataclass(frozen=True, slots=True)
class ModelsShown:
    """What the pictures of an index come from, rejected ones included."""

    models: tuple[tuple[str, str], ...]  # (name/version, digest), by name
    has_adopted: bool  # pictures of which nobody said where they come from


@dataclass(frozen=True, slots=True)
class KeptModel:
    """What a model's folder said when it made pictures."""

    title: str
    licence: str
    size_px: int
    card: str  # Markdown; empty where it had none


def models_shown(reader: IndexReader) -> ModelsShown:
    """Ask an index for its models, at most 100 of them."""
    found: list[tuple[str, str]] = []
    digest = ""
    while len(found) < _MOST and (rows := reader.ask(NEXT_MODEL, {"after": digest})):
        digest, name = rows[0]
        found.append((name or digest[:12], digest))
    return ModelsShown(tuple(sorted(found)), bool(reader.ask(ADOPTED, {})))


def live_models(reader: IndexReader) -> list[tuple[str, str]]:
    """Return (name/version, digest) of the models that have live pictures, by name."""
    models = models_shown(reader).models
    return [(name, digest) for name, digest in models if reader.ask(IS_LIVE, {"digest": digest})]


def kept_model(reader: IndexReader, digest: str) -> KeptModel | None:
    """Return what is kept of a model; None where nothing is."""
    rows = reader.ask(KEPT, {"digest": digest})
    return KeptModel(*rows[0]) if rows else None


def kept_card(reader: IndexReader, label: str) -> str:
    """Return the model card that is kept of a name/version; empty where there is none."""
    rows = reader.ask(KEPT_CARDS, {"label": label, "asked_for": f"{label}:savedmodel"})
    return next((str(row[0]) for row in rows if row[0]), "")
