"""Run by Alembic: takes the connection that ``migrate`` opened, and its transaction."""

from alembic import context

from image_service.storage.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
