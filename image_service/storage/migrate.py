"""Brings a database up to the schema of this code, from any folder and however many processes start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from image_service.storage.errors import StoreTooNew


def migrate(connection: Connection) -> None:
    """Run what is missing within the caller's transaction, which holds the write lock; StoreTooNew if it is ahead."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise StoreTooNew(
            f"the database of images is at schema {found}, which this version does not know; run a newer version"
        )
    command.upgrade(config, "head")
