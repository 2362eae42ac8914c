"""Categories that were renamed or merged: what an address that names an old one means now."""

from store.queries.reader import IndexReader

NOW = "SELECT c.slug FROM alias a JOIN category c ON c.id = a.category_id WHERE a.slug = :slug"
ALIASES = "SELECT a.slug, c.slug FROM alias a JOIN category c ON c.id = a.category_id"


def slug_now(reader: IndexReader, slug: str) -> str:
    """Return the slug of the category that was called so before; empty where there is none."""
    rows = reader.ask(NOW, {"slug": slug})
    return str(rows[0][0]) if rows else ""


def places(reader: IndexReader) -> dict[str, str]:
    """Return former slug → slug."""
    return reader.ask_kept(ALIASES, dict)
