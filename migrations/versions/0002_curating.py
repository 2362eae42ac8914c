"""curating: categories off, what the owner did, how many pictures there shall be"""

from alembic import op
import sqlalchemy as sa


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ORD = ("ck_image_ord_is_live", "(state = 'live') = (ord IS NOT NULL)")
_NAME = "ck_image_state"
_BEFORE = "state IN ('live', 'rejected', 'missing')"
_AFTER = "state IN ('live', 'rejected', 'missing', 'off')"


def _allow_states(condition: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(_NAME), "image", type_="check")
        op.create_check_constraint(op.f(_NAME), "image", condition)
        return
    # SQLite changes no constraint: the table is copied, which drops every check
    with op.batch_alter_table("image", recreate="always") as batch_op:
        batch_op.create_check_constraint(op.f(_NAME), condition)
        batch_op.create_check_constraint(op.f(_ORD[0]), _ORD[1])


def upgrade() -> None:
    # not by a batch: that would drop the table, to which pictures refer
    op.add_column(
        "category",
        sa.Column(
            "off",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="switched off by the owner: its pictures are off, n is 0",
        ),
    )
    _allow_states(_AFTER)
    op.create_table(
        "curation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "batch",
            sa.String(length=16),
            nullable=False,
            comment="what was done, and is undone, at once",
        ),
        sa.Column(
            "act", sa.String(length=10), nullable=False, comment="reject, restore, off or on"
        ),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column(
            "file", sa.String(length=200), nullable=True, comment="null for a whole category"
        ),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_curation")),
    )
    op.create_index(op.f("ix_curation_batch"), "curation", ["batch"])
    op.create_table(
        "target",
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("model_digest", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False, comment="name/version"),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column(
            "seed", sa.BigInteger(), nullable=False, comment="the run's: which pictures"
        ),
        sa.Column("truncation_low", sa.Float(), nullable=False),
        sa.Column("truncation_high", sa.Float(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["category.id"], name=op.f("fk_target_category_id")
        ),
        sa.PrimaryKeyConstraint("category_id", "model_digest", name=op.f("pk_target")),
    )


def downgrade() -> None:
    op.drop_table("target")
    op.drop_index(op.f("ix_curation_batch"), table_name="curation")
    op.drop_table("curation")
    # there is no such state: their files are not in the store, and pregen may make them again
    op.execute("UPDATE image SET state = 'missing' WHERE state = 'off'")
    _allow_states(_BEFORE)
    op.drop_column("category", "off")
