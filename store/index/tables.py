"""The tables of the index.

Every live picture of a category has a dense ordinal, 0 … n-1, and every category that has live
pictures one among those, so that a random pick is two index look-ups at any size
(`store.queries.reader`). Whoever adds or removes a picture keeps both dense (`store.index.writes`).
"""

from typing import Any, TypeAlias

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from store.index.states import LIVE, MISSING, OFF, REJECTED

# what a query gives, with whatever columns it asks for
Row: TypeAlias = sqlalchemy.Row[*tuple[Any, ...]]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_live_alone: dict[str, Any] = {
    f"{name}_where": text(f"state = '{LIVE}'") for name in ("sqlite", "postgresql")
}

# SQLite keys its rows by INTEGER alone
_big_key = BigInteger().with_variant(Integer(), "sqlite")

category = Table(
    "category",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(100), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("n", BigInteger, nullable=False, default=0, comment="live pictures"),
    Column("ord", BigInteger, unique=True, comment="dense among categories with n > 0, else null"),
    Column(
        "off",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="switched off by the owner: its pictures are off, n is 0",
    ),
    Column(
        "named",
        Boolean,
        nullable=False,
        default=False,
        server_default=false(),
        comment="the owner gave its name: no model changes it",
    ),
)

# What categories were called before they were renamed or merged. No category has one of these
# slugs: addresses with it lead on, and what is made under it goes into the category
# (`store.index.category_names`).
alias = Table(
    "alias",
    metadata,
    Column("slug", String(100), primary_key=True, comment="that the category had before"),
    Column("name", String(200), nullable=False, comment="the same for people"),
    Column("category_id", Integer, ForeignKey("category.id"), nullable=False),
)

image = Table(
    "image",
    metadata,
    Column("id", _big_key, primary_key=True),
    Column("category_id", Integer, ForeignKey("category.id"), nullable=False),
    Column("ord", BigInteger, comment="dense among the category's live pictures, else null"),
    Column("file", String(200), nullable=False, comment="name within the category's folder"),
    Column("sha256", String(64), nullable=False, comment="of the file's bytes, hexadecimal"),
    Column("point", BigInteger, nullable=False, comment="SHA-256's first 63 bits: place on a ring"),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", String(10), nullable=False),
    Column("model", String(100), comment="name/version, null when the origin is unknown"),
    Column("model_digest", String(64)),
    Column("seed", BigInteger),
    Column(
        "drawn_as",
        String(100),
        comment="slug that its model has for the category; null where no model drew it",
    ),
    Column("truncation", Float),
    Column("phash", String(16), comment="64-bit perceptual hash, hexadecimal"),
    Column("nearest", String(99), comment="one or two concepts, separated by a space"),
    Column("state", String(10), nullable=False, default=LIVE),
    Column("created", DateTime(timezone=True), nullable=False),
    UniqueConstraint("category_id", "ord"),
    UniqueConstraint("category_id", "file"),
    UniqueConstraint("model_digest", "category_id", "seed"),
    CheckConstraint(f"state IN ('{LIVE}', '{REJECTED}', '{MISSING}', '{OFF}')", name="state"),
    CheckConstraint("(state = 'live') = (ord IS NOT NULL)", name="ord_is_live"),
    Index(None, "sha256"),
    # of live pictures alone: what is not live costs nobody who looks for one a step
    Index(None, "point", **_live_alone),
    Index(None, "category_id", "point", **_live_alone),
    Index(None, "created", "id", **_live_alone),
    Index(None, "category_id", "created", "id", **_live_alone),
)

# What the owner did, so that it can be undone. By names, not row ids: an index may be rebuilt.
curation = Table(
    "curation",
    metadata,
    Column("id", _big_key, primary_key=True),
    Column("batch", String(16), nullable=False, comment="what was done, and is undone, at once"),
    Column("act", String(10), nullable=False, comment="reject, restore, off or on"),
    Column("slug", String(100), nullable=False),
    Column("file", String(200), comment="null for a whole category"),
    Column("created", DateTime(timezone=True), nullable=False),
    Index(None, "batch"),
)

# Pictures whose file is still to follow their row: written with the row, struck out when it has
# (`store.curation.settling`).
unmoved = Table(
    "unmoved",
    metadata,
    Column("image_id", _big_key, ForeignKey("image.id"), primary_key=True, autoincrement=False),
    Column(
        "state", String(10), nullable=False, comment="that the picture had: where its file lies"
    ),
    Column("file", String(200), nullable=False, comment="the file's name there"),
)

# What is said of a generator that made pictures: its licence, and whom it learnt from.
generator = Table(
    "generator",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("model", String(100), nullable=False, comment="name/version"),
    Column("title", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("size_px", Integer, nullable=False, comment="of what is stored"),
    Column("card", Text, nullable=False, comment="its MODEL_CARD.md, Markdown"),
)

# How many pictures of a category by a model there shall be, and how they are made.
target = Table(
    "target",
    metadata,
    Column("category_id", Integer, ForeignKey("category.id"), primary_key=True),
    Column("model_digest", String(64), primary_key=True),
    Column(
        "drawn_as",
        String(100),
        primary_key=True,
        comment="slug that the model has for the category",
    ),
    Column("model", String(100), nullable=False, comment="name/version"),
    Column("samples", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False, comment="the run's: which pictures"),
    Column("truncation_low", Float, nullable=False),
    Column("truncation_high", Float, nullable=False),
    Column("format", String(10), nullable=False),
    Column("oversample", Integer, nullable=False, server_default="1", comment="candidates for one"),
    Column(
        "chosen",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="chosen seeds come first",
    ),
)
