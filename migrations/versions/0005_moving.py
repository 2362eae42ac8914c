"""moving: which pictures' files are still to follow their rows"""

from alembic import op
import sqlalchemy as sa


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmoved",
        sa.Column(
            "image_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="that the picture had: where its file lies",
        ),
        sa.Column(
            "file", sa.String(length=200), nullable=False, comment="the file's name there"
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_unmoved_image_id")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_unmoved")),
    )


def downgrade() -> None:
    op.drop_table("unmoved")
