"""Tables of the site's own, apart from the index, which it opens read-only.

A file in the instance folder, or a schema where the index is in PostgreSQL, so that all machines of
a site share them. Either may be deleted at any time, as hosts do whose disks are not kept.
"""

from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event, inspect, make_url
from sqlalchemy.schema import CreateSchema

from core.settings import Settings
from store.index.postgresql import lock_places, postgresql_engine


def open_tables(settings: Settings, metadata: MetaData, file: str, schema: str) -> Engine:
    """Return an engine on tables that are there and can be written. Raises DBAPIError.

    ``file``: name in the instance folder; ``schema``: in PostgreSQL.
    """
    if settings.sqlite_path is not None:
        path = (settings.instance_folder / file).absolute()
        engine = create_engine(f"sqlite+pysqlite:///{path}", connect_args={"timeout": 1.0})
        # what a power cut takes is not missed
        event.listen(engine, "connect", lambda c, _: c.execute("PRAGMA synchronous = OFF"))
        metadata.create_all(engine)
        with engine.begin() as connection:  # what is there may be read-only
            connection.exec_driver_sql("PRAGMA user_version = 1")
        return engine
    engine = postgresql_engine(make_url(settings.database_url), write=True)
    engine = engine.execution_options(schema_translate_map={None: schema})
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("SET LOCAL synchronous_commit = off"))
    with engine.begin() as connection:
        lock_places(connection)  # workers start at the same moment
        if not inspect(connection).has_schema(schema):
            connection.execute(CreateSchema(schema))
        metadata.create_all(connection)
        for table in metadata.sorted_tables:  # of no row, but it takes the right that writing takes
            connection.execute(table.delete().where(~table.primary_key.columns[0].is_not(None)))
    return engine


def insert_on(dialect: str) -> Any:
    """Return the dialect's own INSERT, which knows ON CONFLICT."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql

        return insert_on_postgresql
    from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

    return insert_on_sqlite
