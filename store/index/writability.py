"""Whether index and store can be written, tried rather than read off their modes."""

import dataclasses
import tempfile

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, OperationalError

from core.settings import Settings
from store.index.database import IndexDamaged, open_engine


def why_not_writable(settings: Settings) -> str | None:
    """Return why nothing can be changed here, in a few words; None where it can."""
    folders = [("the instance folder", settings.instance_folder)]
    if not settings.store_url:  # a bucket says so when it is written to: asking takes a request
        folders.insert(0, ("the store", settings.images_folder))
    for name, folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            return f"{name} cannot be written ({error.strerror})"
    # whoever holds it writes: so can we, later
    engine = open_engine(dataclasses.replace(settings, busy_timeout_s=0.0), write=True)
    try:
        with engine.connect() as connection:
            # of no row, but it takes the lock and the right that writing takes
            connection.execute(text("UPDATE category SET n = n WHERE id < 0"))
            connection.rollback()
    except OperationalError as error:
        if "locked" in str(error.orig):
            return None
        return f"the index cannot be written ({str(error.orig).splitlines()[0]})"
    except IndexDamaged as error:
        return error.message
    except DatabaseError as error:
        return f"the index cannot be written ({str(error.orig).splitlines()[0]})"
    finally:
        engine.dispose()
    return None
