"""Alembic's environment: runs on the connection that `server.storage.migrate` hands over."""

from alembic import context

from server.storage.tables import METADATA


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
