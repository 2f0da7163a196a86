"""The migrations make just the tables that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from server.storage.database import open_database
from server.storage.migrate import HEAD, MIGRATIONS, current_revision, upgrade
from server.storage.tables import METADATA


def test_the_newest_revision_is_the_one_that_the_start_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_a_migrated_database_has_just_the_tables_of_the_models(new_database_url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, METADATA))

    database = open_database(new_database_url)
    assert await database.write(upgrade) is True
    assert await database.write(upgrade) is False
    assert await database.read(current_revision) == HEAD
    assert await database.read(differences) == []
    await database.close()


async def test_the_tables_of_the_spine_are_there(database_url: str) -> None:
    words = "space zone gate organisation delegation visitor pass visit movement device account audit_line case"
    database = open_database(database_url)
    names = await database.read(lambda connection: inspect(connection).get_table_names())
    await database.close()
    assert set(words.split()) <= set(names)
