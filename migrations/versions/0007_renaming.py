"""renaming: what categories were called before, and what each model calls them"""

from typing import Any

from alembic import op
import sqlalchemy as sa


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_SLUG_OF = "(SELECT slug FROM category WHERE category.id = {}.category_id)"


def upgrade() -> None:
    op.create_table(
        "alias",
        sa.Column(
            "slug", sa.String(length=100), nullable=False, comment="that the category had before"
        ),
        sa.Column("name", sa.String(length=200), nullable=False, comment="the same for people"),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_alias_category_id")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_alias")),
    )
    op.add_column(
        "category",
        sa.Column(
            "named",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="the owner gave its name: no model changes it",
        ),
    )
    op.add_column(
        "image",
        sa.Column(
            "drawn_as",
            sa.String(100),
            comment="slug that its model has for the category; null where no model drew it",
        ),
    )
    op.execute(
        f"UPDATE image SET drawn_as = {_SLUG_OF.format('image')} WHERE model_digest IS NOT NULL"
    )
    _new_target(
        _columns(
            sa.Column(
                "drawn_as",
                sa.String(100),
                nullable=False,
                comment="slug that the model has for the category",
            )
        ),
        ("category_id", "model_digest", "drawn_as"),
        f"SELECT target.*, {_SLUG_OF.format('target')} AS drawn_as FROM target",
    )


def downgrade() -> None:
    # of several that were merged, one can stay
    _new_target(
        _columns(),
        ("category_id", "model_digest"),
        "SELECT * FROM target WHERE drawn_as = (SELECT MIN(other.drawn_as) FROM target other "
        "WHERE other.category_id = target.category_id "
        "AND other.model_digest = target.model_digest)",
    )
    op.drop_column("image", "drawn_as")
    op.drop_column("category", "named")
    op.drop_table("alias")


def _columns(*more: sa.Column[Any]) -> list[sa.Column[Any]]:
    return [
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("model_digest", sa.String(length=64), nullable=False),
        *more,
        sa.Column("model", sa.String(length=100), nullable=False, comment="name/version"),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column(
            "seed", sa.BigInteger(), nullable=False, comment="the run's: which pictures"
        ),
        sa.Column("truncation_low", sa.Float(), nullable=False),
        sa.Column("truncation_high", sa.Float(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column(
            "oversample",
            sa.Integer(),
            nullable=False,
            server_default="1",
            comment="candidates for one",
        ),
        sa.Column(
            "chosen",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="chosen seeds come first",
        ),
    ]


def _new_target(columns: list[sa.Column[Any]], key: tuple[str, ...], rows: str) -> None:
    """Make the table anew with another key: SQLite cannot change one."""
    names = {column.name for column in columns}
    found = op.get_bind().execute(sa.text(rows)).mappings().all()
    kept = [{name: value for name, value in row.items() if name in names} for row in found]
    op.drop_table("target")
    table = op.create_table(
        "target",
        *columns,
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_target_category_id")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_target")),
    )
    op.bulk_insert(table, [{**row, "chosen": bool(row["chosen"])} for row in kept])
