"""The records of what was replaced or deleted, which each instance reads to forget it."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from image_service.storage.migration_steps import create_index, create_table
from image_service.storage.tables import CHANGES

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("key", sa.VARBINARY(255), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    create_index("ix_changes_at", "changes", ["at"])
    # Of no key: so that there is always a newest record, which who reads them can tell again.
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(CHANGES)) == 0:
        op.execute(CHANGES.insert().values(key=b"", at=datetime(2000, 1, 1, tzinfo=UTC)))
