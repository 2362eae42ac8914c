"""looking: indexes of live pictures by place on the ring and by age, of all and by category"""

from alembic import op
import sqlalchemy as sa


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVE = sa.text("state = 'live'")
_NEW = (
    ["point"],
    ["category_id", "point"],
    ["created", "id"],
    ["category_id", "created", "id"],
)


def _name(columns: list[str]) -> str:
    return "_".join(["ix_image", *columns])


def upgrade() -> None:
    op.drop_index(_name(["point"]), table_name="image")
    for columns in _NEW:
        op.create_index(
            _name(columns), "image", columns, sqlite_where=_LIVE, postgresql_where=_LIVE
        )


def downgrade() -> None:
    for columns in _NEW:
        op.drop_index(_name(columns), table_name="image")
    op.create_index(_name(["point"]), "image", ["point"])
