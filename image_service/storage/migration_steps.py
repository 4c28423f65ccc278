"""Steps of a migration, each of which does nothing where it was done already.

MySQL commits at each change of a table: a start that was killed in the middle leaves some steps done and no word of it.
"""

from typing import Any

from alembic import op
from sqlalchemy import inspect
from sqlalchemy.schema import SchemaItem

from image_service.storage.tables import OPTIONS


def create_table(name: str, *columns: SchemaItem, **options: Any) -> None:
    op.create_table(name, *columns, if_not_exists=True, **options, **OPTIONS)


def create_index(name: str, table: str, columns: list[str], unique: bool = False) -> None:
    if name not in {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, columns, unique=unique)
