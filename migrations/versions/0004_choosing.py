"""choosing: of how many candidates one was kept, so that flask top-up keeps as few"""

from alembic import op
import sqlalchemy as sa


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "target",
        sa.Column(
            "oversample",
            sa.Integer(),
            nullable=False,
            server_default="1",
            comment="candidates for one",
        ),
    )


def downgrade() -> None:
    op.drop_column("target", "oversample")
