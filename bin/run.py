"""`make run`: serve as soon as every category has pictures, and make the others beside the server.

    python -m bin.run CATEGORIES

The children have sessions of their own, so Ctrl-C reaches this process alone, and each child is
told to end once, by SIGTERM: `flask pregen` then stores what it has begun, the server answers what
it was asked, and what has only just been started ends without a traceback. Who asks a second time
ends them at once.
"""

import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NICENESS = "10"  # beside a server that is asked much, pictures wait


class Children:
    """Programs beside each other, and the signals that end them all."""

    def __init__(self) -> None:
        self._signals, written = os.pipe()
        os.set_blocking(written, False)
        signal.set_wakeup_fd(written)
        for number in (*ENDING, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        self._running: list[subprocess.Popen[bytes]] = []
        self.asked = 0  # how often the user asked for the end

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a program that no signal of the terminal reaches."""
        child = subprocess.Popen(words, start_new_session=True)
        self._running.append(child)
        return child

    def end(self, child: subprocess.Popen[bytes], *, at_once: bool = False) -> None:
        """Tell a program to end; ``at_once``: end what there is of it and of what it started."""
        if at_once:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        elif child.poll() is None:
            child.terminate()

    def end_all(self) -> None:
        """Tell those that still run to end, unless they were told already, and wait for them."""
        if not self.asked:
            for child in self._running:
                self.end(child)
        while self._running:
            self.wait()

    def wait(self) -> subprocess.Popen[bytes]:
        """Return a program that has ended; meanwhile who asks for the end is obeyed."""
        while True:
            for child in self._running:
                if child.poll() is not None:
                    self._running.remove(child)
                    return child
            if os.read(self._signals, 1)[0] in ENDING:
                self.asked += 1
                for child in self._running:
                    self.end(child, at_once=self.asked > 1)


def main() -> int:
    """Return the exit status: the server's, or that of what failed before it was started."""
    (categories,) = sys.argv[1:]
    children = Children()
    try:
        return serve_and_fill(children, categories)
    finally:  # also where the terminal is gone, to which nothing can be said
        children.end_all()


def serve_and_fill(children: Children, categories: str) -> int:
    """Make the first pictures, then serve and make the others; return the exit status."""
    pregen = (sys.executable, "-m", "flask", "pregen", "--categories", categories)
    for words in (("bin/serve", "check"), (*pregen, "--first")):
        children.start(*words)
        status: int = children.wait().returncode
        if children.asked:
            return 128 + signal.SIGINT
        if status:
            if "--first" in words:
                say("so nothing is served; what was there before can be, with: make serve")
            return abs(status)
    server = children.start("bin/serve", "granian")
    children.start("nice", "-n", NICENESS, *pregen)
    while (ended := children.wait()) is not server:
        if ended.returncode and not children.asked:
            say(
                f"{how(ended.returncode)}, so pictures are missing; the site goes on with those "
                f"that are there. Make the others: make fill CATEGORIES={shlex.quote(categories)}"
            )
    children.end(server, at_once=True)  # its workers, where it was killed
    return 0 if children.asked else abs(server.returncode)


def how(status: int) -> str:
    """Return in which way `flask pregen` failed."""
    if status < 0:
        return f"flask pregen was ended by {signal.Signals(-status).name}"
    return f"flask pregen failed with status {status}"


def say(line: str) -> None:
    print(f"error: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
