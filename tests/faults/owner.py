"""An owner of a site in a folder: what they do by commands and by hand, and what must be true."""

import random
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from click.testing import Result
from sqlalchemy import select

from app import create_app
from core.settings import Settings
from pregen.verifying.differences import REMEDIES
from store.files.protocol import digest
from store.index.database import open_engine
from store.index.states import LIVE, OFF, REJECTED
from store.index.tables import category, image
from tests.faults.filler import settings_in
from tests.pregen.indexing.test_losing_nothing import drawn
from tests.pregen.verifying.test_advice import advised

SLUGS = ("hat", "bird", "pizza")
MAKE = ("pregen", "--model", "tiny", "--categories", "hat,bird", "--threads", "1", "--samples")


class Owner:
    """One site in a folder, what its owner does, and what must be true of it."""

    def __init__(self, folder: Path, models: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.settings: Settings = settings_in(folder, models)
        self.ever: set[str] = set()  # SHA-256 of all pictures that there ever were
        self.removed: set[str] = set()  # by hand
        self.thrown: set[str] = set()
        self.log: list[str] = []
        self.drawn = 0

    # what there is

    def places(self) -> list[Path]:
        beside = (self.settings.instance_folder / name for name in ("rejected", "off", "set-aside"))
        return [self.settings.images_folder, *beside]

    def everything(self) -> set[str]:
        found = set()
        for place in self.places():
            for path in place.glob("*/[!.]*"):
                with suppress(FileNotFoundError):
                    found.add(digest(path.read_bytes()))
        return found

    def rows(self) -> list[tuple[str, str, str, str, bool]]:
        """Return category, file, SHA-256, state, and whether the category is off."""
        engine = open_engine(self.settings)
        statement = select(
            category.c.slug, image.c.file, image.c.sha256, image.c.state, category.c.off
        ).join_from(image, category)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(statement)]
        engine.dispose()
        return found

    def some(self, place: int = 0) -> Path | None:
        files = sorted(self.places()[place].glob("*/[!.]*"))
        return self.chance.choice(files) if files else None

    # what the owner does

    def flask(self, *words: str) -> Result:
        result = create_app(self.settings).test_cli_runner().invoke(args=list(words))
        self.log.append(f"flask {' '.join(words)}: {result.exit_code} {result.output[-200:]!r}")
        assert result.exception is None or isinstance(result.exception, SystemExit), self.told()
        assert "Traceback" not in result.output, self.told()
        return result

    def told(self) -> str:
        return "\n".join(self.log)

    def new(self) -> bytes:
        self.drawn += 1
        return drawn(self.drawn)

    def put(self, path: Path, data: bytes) -> None:
        """Put a file in by hand, as a whole; what it takes the place of is removed by the owner."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.removed.update(self._at(path))
        temporary = path.with_name(f".by-hand-{path.name}")
        temporary.write_bytes(data)
        temporary.replace(path)
        self.removed.discard(digest(data))
        self.log.append(f"put {path.parent.name}/{path.name} {digest(data)[:12]}")

    def _at(self, path: Path) -> set[str]:
        with suppress(FileNotFoundError):
            return {digest(path.read_bytes())}
        return set()

    def put_in(self) -> None:
        name = self.chance.choice(["mine.png", "yours.png", f"{self.drawn}.png"])
        self.put(self.settings.images_folder / self.chance.choice(SLUGS) / name, self.new())

    def put_back(self) -> None:
        """A rejected picture, or one that is off, copied into the store, perhaps elsewhere."""
        path = self.some(self.chance.choice([1, 2]))
        if path is not None:
            slug = self.chance.choice([path.parent.name, *SLUGS])
            name = self.chance.choice([path.name, f"back{path.suffix}"])
            with suppress(FileNotFoundError):
                self.put(self.settings.images_folder / slug / name, path.read_bytes())

    def copy_in(self) -> None:
        path = self.some()
        if path is not None:
            with suppress(FileNotFoundError):
                self.put(path.with_name(f"copy{path.suffix}"), path.read_bytes())

    def replace(self) -> None:
        path = self.some()
        if path is not None:
            self.put(path, self.new())

    def rename(self) -> None:
        path, other = self.some(), self.some()
        if path is None or other is None:
            return
        target = path.with_name(self.chance.choice([f"renamed{path.suffix}", other.name]))
        if target != path:
            with suppress(FileNotFoundError):
                moving = digest(path.read_bytes())
                self.removed.update(self._at(target) - {moving})
                path.replace(target)
                self.log.append(f"renamed {path.parent.name}/{path.name} to {target.name}")

    def remove(self) -> None:
        path = self.some()
        if path is not None:
            self.removed.update(self._at(path))
            path.unlink(missing_ok=True)
            self.log.append(f"removed {path.parent.name}/{path.name}")

    def damage(self) -> None:
        path = self.some(self.chance.choice([0, 2]))
        if path is not None:
            with suppress(FileNotFoundError):
                self.put(path, path.read_bytes()[:60])

    def reject(self) -> None:
        live = [row for row in self.rows() if row[3] == LIVE]
        for slug, file, *_ in self.chance.sample(live, min(2, len(live))):
            if self.flask("curate", "reject", f"{slug}/{file}").exit_code == 0:
                self.thrown.update(r[2] for r in self.rows() if r[:2] == (slug, file))

    def restore(self) -> None:
        rejected = [row for row in self.rows() if row[3] == REJECTED]
        if rejected:
            slug, file, *_ = self.chance.choice(rejected)
            self.flask("curate", "restore", f"{slug}/{file}")
            self.thrown = self._rejected()

    def undo(self) -> None:
        self.flask("curate", "undo")
        self.thrown = self._rejected()

    def _rejected(self) -> set[str]:
        return self.thrown & {row[2] for row in self.rows() if row[3] == REJECTED}

    def switch(self) -> None:
        known = sorted({row[0] for row in self.rows()})
        if known:
            self.flask(
                "curate", "category", self.chance.choice(["off", "on"]), self.chance.choice(known)
            )

    def duplicates(self) -> None:
        self.flask("curate", "duplicates", "--reject")

    def pregen(self) -> None:
        self.flask(*MAKE, str(self.chance.randrange(2, 12)))

    def top_up(self) -> None:
        self.flask("top-up", "--threads", "1")

    def index(self) -> None:
        words = ["index", "--set-aside"] if self.chance.random() < 0.3 else ["index"]
        done = self.flask(*words)
        # a picture that was cut short is left out until somebody mends or removes it
        assert done.exit_code == 0 or "left out" in done.output, self.told()

    def verify(self) -> None:
        self.flask("verify")

    # what must be true when nothing else runs

    def mend(self) -> None:
        """Follow what verify says until it is content."""
        for _ in range(12):
            said = self.flask("verify").output
            found = list(advised(said))
            if not found:
                assert "store and index agree" in said, self.told()
                return
            kind, advice = self.chance.choice(found)
            self._follow(said, kind, advice)
        raise AssertionError(f"the advice of verify does not mend\n{self.told()}")

    def _follow(self, said: str, kind: str, advice: str) -> None:
        way = self.chance.choice(re.split(r"; (?=to have)|, or (?=forget)", advice))
        if "move them out of the store" in way and "then" in way:
            for label in re.findall(rf"^{kind}: ([^:\n]+)$", said, re.MULTILINE):
                path = self.settings.images_folder / label
                target = self.settings.instance_folder / "set-aside" / "by-hand" / label
                target = target.with_name(f"{self.drawn}-{target.name}")
                self.drawn += 1
                target = target.parents[1] / target.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, target)
        commands = re.findall(r"flask ([a-z][a-z_ \-]*)", way)
        assert kind in REMEDIES and commands, (kind, way)
        for command in commands:
            self.flask(*command.split())

    def check(self) -> None:
        found = self.everything()
        self.ever |= found
        self.removed -= found
        lost = self.ever - found - self.removed
        assert not lost, f"{len(lost)} pictures were lost: {lost}\n{self.told()}"
        rows = self.rows()
        shown = [row for row in rows if row[3] == LIVE]
        assert not {row[2] for row in shown} & self.thrown, self.told()
        assert not any(row[4] for row in shown), self.told()
        client = create_app(self.settings).test_client()
        for slug, file, _, state, _ in rows:
            answer = client.get(f"/images/{slug}/{file}")
            assert (answer.status_code == 200) == (state == LIVE), (
                f"{slug}/{file} is {state}: {answer.status_code}\n{self.told()}"
            )
        assert all((self.settings.images_folder / s / f).exists() for s, f, *_ in shown)
        off = self.settings.instance_folder / "off"
        assert all((off / s / f).exists() for s, f, _, state, _ in rows if state == OFF)


ACTS: list[Callable[[Owner], None]] = [
    Owner.put_in, Owner.put_in, Owner.put_back, Owner.copy_in, Owner.replace, Owner.rename,
    Owner.remove, Owner.damage, Owner.reject, Owner.reject, Owner.restore, Owner.undo,
    Owner.switch, Owner.switch, Owner.duplicates, Owner.pregen, Owner.top_up, Owner.index,
    Owner.verify,
]  # fmt: skip
