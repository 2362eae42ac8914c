"""The entry for servers: ``granian --interface wsgi app.wsgi:app``, ``gunicorn app.wsgi:app``."""

import gc

# what is imported stays: looking through it for garbage took a tenth of the cold start
gc.disable()

from app import create_app  # noqa: E402
from app.ops.memory import bound_arenas  # noqa: E402
from core.errors import NonesuchError  # noqa: E402

bound_arenas()

try:
    app = create_app()
except NonesuchError as error:
    from app.ops.no_start import refuse_to_start

    refuse_to_start(error)
gc.freeze()
gc.enable()
