"""The entry for servers: ``granian --interface wsgi app.wsgi:app``, ``gunicorn app.wsgi:app``."""

from app import create_app

app = create_app()
