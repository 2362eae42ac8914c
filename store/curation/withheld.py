"""What the owner took away, asked by what makes pictures anew: live pictures and walks.

A file that was rejected has left the store, but its generator can still make it, so whoever
generates asks here first. A rejected picture is known by its model, category and seed. The
truncation plays no part: two truncations of one seed are nearly the same picture.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from store.files.morphs import Morph
from store.index.database import IndexMissing
from store.queries.models_shown import models_shown
from store.queries.reader import IndexReader
from store.queries.renamed import places

_AT_ONCE = 64  # pictures that one statement asks for
OFF = """
SELECT slug FROM category WHERE off
UNION SELECT a.slug FROM alias a JOIN category c ON c.id = a.category_id WHERE c.off
"""
# CAST: PostgreSQL takes parameters of a VALUES list for text
_WANTED = ", ".join(
    f"(CAST(:digest_{i} AS VARCHAR(64)), CAST(:slug_{i} AS VARCHAR(100)), "
    f"CAST(:place_{i} AS VARCHAR(100)), CAST(:seed_{i} AS BIGINT))"
    for i in range(_AT_ONCE)
)
REJECTED_AMONG = f"""
WITH wanted (digest, slug, place, seed) AS (VALUES {_WANTED})
SELECT w.digest, w.slug, w.seed FROM wanted w CROSS JOIN category c CROSS JOIN image i
WHERE c.slug = w.place AND i.model_digest = w.digest AND i.category_id = c.id AND i.seed = w.seed
AND i.drawn_as = w.slug AND i.state = 'rejected'
"""  # noqa: S608
# of one model: what was rejected, and what the site shows
SEEDS = """
SELECT i.drawn_as, i.seed, i.state FROM image i
WHERE i.model_digest = :digest AND i.state IN ('live', 'rejected')
"""

Made = tuple[str, str, int]  # digest of the model, slug that it has for the category, seed


class Withheld:
    """Answers from an index; where there is none, nothing is taken away.

    Every question raises `IndexUnusable` where the index cannot be read: nobody knows then what
    may be shown, so nothing is.
    """

    def __init__(self, reader: Callable[[], IndexReader]) -> None:
        """``reader`` may raise `IndexMissing`."""
        self._find_reader = reader

    def categories(self) -> frozenset[str]:
        """Return the slugs of the categories that are switched off, former ones among them."""
        reader = self._reader()
        return frozenset(row[0] for row in reader.ask(OFF, {})) if reader else frozenset()

    def has(self, label: str, digest: str, slugs: Sequence[str], seed: int) -> bool:
        """Say whether a model's picture of a seed was rejected, at any truncation.

        ``label``: name/version; ``slugs``: of the categories in any of which it may be. Pictures
        of the same name and version count as well, whatever their digest: a LiteRT file, a
        SavedModel and a server of one model have different ones, and make pictures that differ in
        a few bits.
        """
        reader = self._reader()
        if reader is None:
            return False
        digests = _digests(reader, label, digest)
        return bool(
            _rejected_among(reader, [(each, slug, seed) for each in digests for slug in slugs])
        )

    def seeds_of(
        self, label: str, digest: str
    ) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
        """Return category and seed of a model's pictures: the rejected ones, and those shown.

        As for `has`, pictures of the same name and version count as well.
        """
        rejected, shown = set[tuple[str, int]](), set[tuple[str, int]]()
        reader = self._reader()
        for each in _digests(reader, label, digest) if reader else ():
            for slug, seed, state in reader.ask(SEEDS, {"digest": each}) if reader else ():
                (rejected if state == "rejected" else shown).add((slug, seed))
        return rejected, shown

    def shown(self, morphs: Sequence[Morph]) -> list[Morph]:
        """Return the walks of which no category is off and no picture was rejected."""
        reader = self._reader()
        if reader is None:
            return list(morphs)
        off = self.categories()
        models = {(morph.model, morph.model_digest) for morph in morphs}
        digests = {model: _digests(reader, *model) for model in models}

        def stops(morph: Morph) -> Iterator[Made]:
            is_within_one = len(morph.categories) == 1
            slugs = morph.categories * len(morph.seeds) if is_within_one else morph.categories
            for digest in digests[morph.model, morph.model_digest]:
                for slug, seed in zip(slugs, morph.seeds, strict=False):
                    yield digest, slug, seed

        rejected = _rejected_among(reader, {stop for morph in morphs for stop in stops(morph)})
        return [
            morph
            for morph in morphs
            if off.isdisjoint(morph.categories) and rejected.isdisjoint(stops(morph))
        ]

    def _reader(self) -> IndexReader | None:
        try:
            return self._find_reader()
        except IndexMissing:
            return None


def _digests(reader: IndexReader, label: str, digest: str) -> list[str]:
    """Return a digest and the others under which the index knows pictures of this name/version."""
    name = label.partition(":")[0]
    models = models_shown(reader).models
    others = [known for other, known in models if other.partition(":")[0] == name]
    return list(dict.fromkeys([digest, *others]))


def _rejected_among(reader: IndexReader, pictures: Iterable[Made]) -> set[Made]:
    found: set[Made] = set()
    led = places(reader)
    asked = iter(pictures)
    while some := list(islice(asked, _AT_ONCE)):
        padded = [*some, *[("", "", -1)] * (_AT_ONCE - len(some))]
        values: dict[str, object] = {}
        for i, (digest, slug, seed) in enumerate(padded):
            values |= {f"digest_{i}": digest, f"slug_{i}": slug, f"seed_{i}": seed}
            values[f"place_{i}"] = led.get(slug, slug)
        found |= {(row[0], row[1], row[2]) for row in reader.ask(REJECTED_AMONG, values)}
    return found
