"""The tables of the index.

Every live picture of a category has a dense ordinal, 0 … n-1, and every category that has live
pictures one among those, so that a random pick is two index look-ups at any size
(`store.picking`). Whoever adds or removes a picture keeps both dense (`store.changes`).
"""

from sqlalchemy import (
    BigInteger,
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
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

LIVE, REJECTED, MISSING = "live", "rejected", "missing"

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
    Column("truncation", Float),
    Column("phash", String(16), comment="64-bit perceptual hash, hexadecimal"),
    Column("state", String(10), nullable=False, default=LIVE),
    Column("created", DateTime(timezone=True), nullable=False),
    UniqueConstraint("category_id", "ord"),
    UniqueConstraint("category_id", "file"),
    UniqueConstraint("model_digest", "category_id", "seed"),
    CheckConstraint(f"state IN ('{LIVE}', '{REJECTED}', '{MISSING}')", name="state"),
    CheckConstraint("(state = 'live') = (ord IS NOT NULL)", name="ord_is_live"),
    Index(None, "sha256"),
    Index(None, "point"),
)
