"""The tables of the catalog, as the code sees them; ``migrations`` is what makes them."""

from datetime import UTC, datetime

from sqlalchemy import (
    VARBINARY,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

METADATA = MetaData()
# Ids and such are compared letter by letter; the default of many a server is latin1, and folds case.
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


class UtcSeconds(TypeDecorator[datetime]):
    """A moment in UTC, cut to whole seconds: what every database can hold."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC).replace(microsecond=0, tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.replace(tzinfo=UTC)


# Keys are bytes: a text column folds case or ignores trailing spaces in one database or another: two keys become one.
IMAGES = Table(
    "images",
    METADATA,
    Column("key", VARBINARY(255), primary_key=True),
    Column("object_id", String(32), nullable=False),
    Column("link", String(1024), nullable=False),
    Column("content_type", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("etag", String(64), nullable=False),
    Column("created_at", UtcSeconds, nullable=False),
    Column("updated_at", UtcSeconds, nullable=False),
    Index("images_object_id", "object_id", unique=True),
    sqlite_with_rowid=False,
    **OPTIONS,
)

# Objects that no row names any more and that the reconciler may remove.
GARBAGE = Table(
    "garbage",
    METADATA,
    Column("object_id", String(32), primary_key=True),
    Column("since", UtcSeconds, nullable=False, index=True),
    sqlite_with_rowid=False,
    **OPTIONS,
)

# What was replaced or deleted, for the other instances to forget. There is always one: the last of a day ago stays.
CHANGES = Table(
    "changes",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", VARBINARY(255), nullable=False),
    Column("at", UtcSeconds, nullable=False, index=True),
    sqlite_autoincrement=True,
    **OPTIONS,
)
