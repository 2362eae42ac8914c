"""generators: what is said of those that made the pictures, also when their folders are gone"""

from alembic import op
import sqlalchemy as sa


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "generator",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False, comment="name/version"),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("size_px", sa.Integer(), nullable=False, comment="of what is stored"),
        sa.Column("card", sa.Text(), nullable=False, comment="its MODEL_CARD.md, Markdown"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_generator")),
    )


def downgrade() -> None:
    op.drop_table("generator")
