"""A real PostgreSQL for tests: a cluster of one's own in a temporary folder, on a free port."""

import atexit
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.programs import absent
from tests.servers.ports import free_port

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "32MB",
    # a test's server outlives processes, not the machine
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "log_min_messages": "error",
}
WAIT_S = 60


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps them out of the PATH."""
    found = shutil.which(name)
    if found is None:
        homes = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(homes[-1]) if homes else None
    if found is None:
        absent("needs PostgreSQL (Debian: apt-get install postgresql)")
    return str(found)


class Cluster:
    """One server, with as many databases as are asked for."""

    def __init__(self, **options: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nonesuch-postgresql-"))
        self.password = secrets.token_hex(16)
        self._options = {**OPTIONS, **options}
        self._numbers = count(1)
        self._server: subprocess.Popen[bytes] | None = None
        initdb = program("initdb")
        # which refuses to run as root
        self._user = None if os.getuid() else _unprivileged()
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        word = self.folder / "password"
        word.write_text(self.password)
        word.chmod(0o644)  # in a folder that is its user's alone
        words = ["--auth=scram-sha-256", f"--pwfile={word}", "--username=test", "--no-sync"]
        try:
            subprocess.run(
                [initdb, "-D", self.folder / "data", "--encoding=UTF8", "--locale=C", *words],
                check=True, capture_output=True, cwd="/", **self._as_user(),
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            raise AssertionError(error.stderr.decode()) from error
        self.port = free_port()

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def start(self) -> None:
        settings = [w for name, value in self._options.items() for w in ("-c", f"{name}={value}")]
        words = [program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port)]
        log = (self.folder / "log").open("ab")
        # it goes when the tests are killed
        setpriv = shutil.which("setpriv")
        before = [setpriv, "--pdeathsig", "INT"] if setpriv else []
        self._server = subprocess.Popen(
            [*before, *words, *settings], stdout=log, stderr=log, cwd="/", **self._as_user()
        )
        log.close()
        until = time.monotonic() + WAIT_S
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self._server.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, "PostgreSQL does not answer"
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT as a restart does, SIGQUIT as a crash."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(WAIT_S)
            self._server = None

    def remove(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, name: str = "test", password: str = "") -> str:
        """Return the address of a database, with the scheme that Heroku gives."""
        word = password or self.password
        return f"postgres://{name}:{word}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str | sql.Composed, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def create(self, url: str = "") -> str:
        """Make an empty database, return its address.

        The migrations fill it in 0.12 s; copying one that is filled would take 0.10.
        """
        name = (url and make_url(url).database) or f"t{next(self._numbers)}"
        self.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = make_url(url).database
        words = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self.run(words.format(sql.Identifier(name or "")))


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise AssertionError("no user but root to run PostgreSQL as")


@cache
def shared_cluster() -> Cluster:
    """Return this process's own server; it goes with the process."""
    cluster = Cluster()
    atexit.register(cluster.remove)
    cluster.start()
    return cluster
