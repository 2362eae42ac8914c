"""The site: `create_app` wires it, and alone reads the environment."""

import os

import click
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.answers import FilesFirst
from app.categories import category_list
from app.commands import LazyCommands
from app.dress import Dress
from app.errors import register_error_handlers
from app.files import file_routes
from app.health import health_check
from app.open_index import OpenIndex
from app.pages import picture_pages
from app.permalinks import Permalinks
from app.picture_files import PictureFiles
from app.secret import signing_key
from app.static_files import StaticFiles
from store.settings import BadSetting, Settings, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the site over these settings, by default those of the environment.

    It opens neither index nor store: commands have to work where there are none yet.
    """
    if settings is None:
        settings = _settings_of_environment()
    app = Flask(
        __name__, static_folder=None, instance_path=str(settings.instance_folder.absolute())
    )
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts) or None
    app.url_map.merge_slashes = False  # an address with two is wrong: no redirect, 404
    app.extensions["settings"] = settings
    app.extensions["index"] = index = OpenIndex(settings)
    app.cli = LazyCommands(app.name)

    static = StaticFiles()
    pictures = PictureFiles(settings.images_folder, settings.picture_max_age_s)
    dress = Dress(settings.site_name, static.addresses)
    permalinks = Permalinks(signing_key(settings))

    app.register_blueprint(picture_pages(settings, index, dress, permalinks))
    app.register_blueprint(category_list(index, dress))
    app.register_blueprint(file_routes(index, pictures, static))
    app.register_blueprint(health_check(index))
    register_error_handlers(app, dress)

    answer_for = dict.fromkeys(
        ("/static", "/robots.txt", "/favicon.ico", "/favicon.svg"), static.answer
    )
    application = app.wsgi_app
    if settings.proxy_count:
        # absolute addresses, in shared links' cards, need the scheme that the visitor used
        application = ProxyFix(
            application, x_for=settings.proxy_count, x_proto=settings.proxy_count
        )
    app.wsgi_app = FilesFirst(  # type: ignore[method-assign]
        application, {"/images": pictures.answer_made, **answer_for}, settings.trusted_hosts
    )
    return app


def _settings_of_environment() -> Settings:
    try:
        return read_settings(os.environ)
    except BadSetting as error:
        if click.get_current_context(silent=True) is None:
            raise
        raise click.ClickException(str(error)) from error  # a command says it in one line
