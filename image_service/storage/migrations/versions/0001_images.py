"""The images and the objects that none of them names any more."""

import sqlalchemy as sa

from image_service.storage.migration_steps import create_index, create_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_table(
        "images",
        sa.Column("key", sa.VARBINARY(255), primary_key=True),
        sa.Column("object_id", sa.String(32), nullable=False),
        sa.Column("link", sa.String(1024), nullable=False),
        sa.Column("content_type", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sqlite_with_rowid=False,
    )
    create_index("images_object_id", "images", ["object_id"], unique=True)
    create_table(
        "garbage",
        sa.Column("object_id", sa.String(32), primary_key=True),
        sa.Column("since", sa.DateTime, nullable=False),
        sqlite_with_rowid=False,
    )
    create_index("ix_garbage_since", "garbage", ["since"])
