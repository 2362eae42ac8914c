"""The entry for servers: ``granian --interface wsgi app.wsgi:app``, ``gunicorn app.wsgi:app``."""

import gc

# what is imported stays: looking through it for garbage took a tenth of the cold start
gc.disable()

from app import create_app  # noqa: E402

app = create_app()
gc.freeze()
gc.enable()
