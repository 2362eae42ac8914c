"""The site: `create_app` wires it, and alone reads the environment."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from flask import Flask, request
from flask.cli import AppGroup
from werkzeug.exceptions import SecurityError

from app.api import developer_api
from app.browser.generators import BrowserGenerators
from app.browser.views import generator_files
from app.commands import LazyCommands
from app.curate.views import curate_pages
from app.embeds.routes import embeds
from app.game.views import play_pages
from app.http.answers import AnswersFirst
from app.http.bodies import LONGEST, BoundedBodies
from app.http.picture_files import PictureFiles
from app.http.site_address import STRANGER, SiteAddress
from app.http.static_files import FOLDER, StaticFiles
from app.identity.files import icon_name, own_files
from app.identity.identity import Identity
from app.identity.reading import BadSite, read_identity
from app.live.models import LiveModels
from app.live.redrawing import Redrawing
from app.live.views import live_pictures, live_slots
from app.ops.env_file import load_env_file
from app.ops.health import health_check
from app.ops.index_handle import OpenIndex
from app.ops.log_lines import keep_lines_apart
from app.ops.signing_key import signing_key
from app.ops.visit_counts import CountingVisits
from app.pictures.files import file_routes
from app.pictures.likes import like_routes
from app.pictures.originals import Originals
from app.pictures.pages import picture_pages
from app.pictures.random_picture import random_picture
from app.pictures.seed_page import seed_page
from app.pictures.seeded import seeded_pictures
from app.pictures.sized import SizedFiles, sized_pictures
from app.rendering.error_pages import register_error_handlers
from app.rendering.renderer import PageRenderer
from app.reporting.reports import PictureReports
from app.reporting.views import report_pages
from app.site.context import Site, build_site
from app.translate.views import translation_pages
from app.walls.about import about_pages
from app.walls.categories import category_list
from app.walls.favourites import favourite_pages
from app.walls.gallery import gallery_pages
from app.walls.live_page import live_page
from app.walls.morphs import morph_pages
from core.errors import NonesuchError
from core.model_kinds import translator_names
from core.settings import Settings, read_settings
from store.files.opening import check_store, picture_origin

if TYPE_CHECKING:
    from app.http.bucket_files import BucketFiles
    from store.files.bucket import PictureBucket


def create_app(settings: Settings | None = None) -> Flask:
    """Return the site over these settings, by default those of the environment.

    It opens neither index nor store: commands have to work where there are none yet.
    """
    if settings is not None:
        return _wired(settings, read_identity(settings))
    try:
        load_env_file()
        settings = read_settings(os.environ)
        check_store(settings)
        _find_home(settings)
        return _wired(settings, _identity(settings))
    except NonesuchError as error:
        if _flask_command() is None:
            raise
        # an exception of click's own would be a traceback in `flask --help`
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(1) from error


def _identity(settings: Settings) -> Identity:
    """Return what site.toml says. Commands other than `flask run` work where it is wrong: one of
    them says what is, and who shows pages by `create_app` is told."""
    try:
        return read_identity(settings)
    except BadSite:
        if _flask_command() in (None, "run"):
            raise
        return Identity()


def _find_home(settings: Settings) -> None:
    """Give npm, Ray and other programs of a user without a home one: they fail without."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = str(settings.home)


def _wired(settings: Settings, identity: Identity) -> Flask:
    app = Flask(
        __name__, static_folder=None, instance_path=str(settings.instance_folder.absolute())
    )
    app.config["MAX_CONTENT_LENGTH"] = LONGEST  # of every method; who takes more says so
    app.url_map.merge_slashes = False  # an address with two is wrong: no redirect, 404
    keep_lines_apart(app.logger)
    app.extensions["settings"] = settings
    app.extensions["create_app"] = create_app  # for who asks the whole site, as an export does
    app.extensions["index"] = index = OpenIndex(settings, identity.names)
    app.cli = LazyCommands(app.name)

    @app.before_request
    def refuse_strangers() -> None:
        if request.environ.get(STRANGER):
            raise SecurityError("the site has other host names")

    offers = identity.offers
    static = StaticFiles(FOLDER, own_files(identity, FOLDER), icon_name(identity))
    app.extensions["static"] = static
    has_live = offers.live and settings.live_at_once > 0
    has_translate = offers.translate and settings.translate_at_once > 0
    more = {
        "/live": ("Live", has_live),
        "/translate": (
            "Translate",
            has_translate and bool(translator_names(settings.models_folder)),
        ),
        "/seed": ("By name", True),
        "/api": ("For developers", offers.api),
    }
    renderer = PageRenderer(
        identity,
        static.addresses,
        tuple((address, name) for address, (name, is_offered) in more.items() if is_offered),
        picture_origin(settings),
    )
    key = signing_key(settings, is_serving=_flask_command() in (None, "run"))
    app.extensions["site"] = site = build_site(settings, identity, index, renderer, key)
    pictures = _picture_answers(site)

    shown_first, random_answer = picture_pages(site)
    app.register_blueprint(shown_first)
    app.register_blueprint(gallery_pages(index, renderer, site.cutouts, site.phrases))
    app.register_blueprint(favourite_pages(index, renderer, site.cutouts))
    if offers.game:
        app.register_blueprint(play_pages(site))
    app.register_blueprint(about_pages(settings, index, renderer))
    app.register_blueprint(category_list(index, renderer))
    app.register_blueprint(file_routes(index, pictures, static))
    app.register_blueprint(random_picture(index, site.is_there))
    app.register_blueprint(seeded_pictures(index, site.is_there, settings.seed_max_age_s))
    app.register_blueprint(seed_page(site))
    if offers.api:
        app.register_blueprint(developer_api(site))
    app.register_blueprint(health_check(index))
    reports = PictureReports(settings)
    app.register_blueprint(report_pages(site, reports))
    app.register_blueprint(curate_pages(site, reports))
    if offers.morphs:
        app.register_blueprint(morph_pages(settings, renderer, site.withheld))
    redrawing = None
    if has_live:
        models, slots = LiveModels(settings), live_slots(settings, site.shared)
        generators = BrowserGenerators(settings, site.withheld)
        app.extensions["generators"] = generators
        app.register_blueprint(live_pictures(settings, site.withheld, models, slots))
        app.register_blueprint(live_page(settings, index, renderer, models))
        app.register_blueprint(generator_files(generators))
        redrawing = Redrawing(models, slots)
    sized = SizedFiles(settings, site.store, redrawing=redrawing)
    app.register_blueprint(sized_pictures(index, sized))
    for routes in embeds(site, Originals(settings, site.store, redrawing)):
        app.register_blueprint(routes)
    if has_translate:
        app.register_blueprint(translation_pages(settings, renderer))
    if site.visits:
        app.register_blueprint(like_routes(index, site.visits))
        renderer.tell(likes="/likes")
    register_error_handlers(app, renderer)

    answer_for = dict.fromkeys(
        ("/static", "/robots.txt", "/favicon.ico", "/favicon.svg"), static.answer
    )
    answers: Callable[..., Iterable[bytes]] = AnswersFirst(
        BoundedBodies(app.wsgi_app),
        {
            "/": random_answer,
            "/images": pictures.answer_made,
            "/sized": sized.answer_made,
            **answer_for,
        },
    )
    if site.visits:
        answers = CountingVisits(answers, site.visits)
    app.wsgi_app = SiteAddress(answers, settings)  # type: ignore[method-assign]
    if settings.metrics_token:
        # imported for those who want figures
        from app.ops.metrics import metrics
        from app.ops.request_counts import CountingRequests, RequestCounts

        counts = RequestCounts()
        app.register_blueprint(metrics(settings.metrics_token, index, counts))
        app.wsgi_app = CountingRequests(app.wsgi_app, counts)  # type: ignore[method-assign]
    return app


def _flask_command() -> str | None:
    """Return the name of the `flask` command that runs; None where a server has the site.

    Granian is a command of click's too, and its workers are forked from it.
    """
    context = click.get_current_context(silent=True)
    if context is None or not isinstance(context.find_root().command, AppGroup):
        return None
    return context.info_name


def _picture_answers(site: Site) -> "PictureFiles | BucketFiles":
    settings = site.settings
    if not settings.store_url:
        return PictureFiles(
            settings.images_folder, settings.picture_max_age_s, settings.nginx_files
        )
    from app.http.bucket_files import BucketFiles

    return BucketFiles(cast("PictureBucket", site.store), settings)
