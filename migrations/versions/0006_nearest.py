"""nearest: which concepts a picture is nearest to, and whether chosen seeds come first"""

from alembic import op
import sqlalchemy as sa


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "image",
        sa.Column(
            "nearest", sa.String(99), comment="one or two concepts, separated by a space"
        ),
    )
    op.add_column(
        "target",
        sa.Column(
            "chosen",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="chosen seeds come first",
        ),
    )


def downgrade() -> None:
    op.drop_column("target", "chosen")
    op.drop_column("image", "nearest")
