"""More pictures of a category, by the generator that made most of it, in the background."""

from app.curate.desk import Desk
from app.http.errors import NobodyMakesMore
from app.jobs.running import Jobs, OwnerJob
from store.index.states import LIVE

MORE = 60  # pictures


def more_of(desk: Desk, jobs: Jobs, word: str) -> OwnerJob:
    """Begin to make `MORE` pictures of a category. Raises `NobodyMakesMore`, `JobRunning`.

    The command names how many there shall be: stopped and run again, it makes no more than that.
    """
    from sqlalchemy import func, select

    from store.index.tables import category, image

    with desk.curating() as open_index:
        slug = open_index.find_slugs([word])[0]
        name = open_index.name(slug)
        with open_index.engine.connect() as connection:
            made = connection.execute(
                select(image.c.model, image.c.drawn_as, func.count().label("n"))
                .join(category)
                .where(category.c.slug == slug, image.c.state == LIVE, image.c.model.is_not(None))
                .group_by(image.c.model, image.c.drawn_as)
                .order_by(func.count().desc(), image.c.model, image.c.drawn_as)
                .limit(1)
            ).first()
    if made is None:
        raise NobodyMakesMore(
            f"no generator made pictures of {name}", "upload more, or make some: flask pregen"
        )
    words = ["top-up", "--categories", slug, "--drawn-as", made.drawn_as, "--model", made.model]
    return jobs.start(f"{MORE} more of {name}", [*words, "--samples", str(made.n + MORE)])
