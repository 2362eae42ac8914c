"""A program that fills stores with one batch each, stopped before it begins, for strace to attach.

python -m tests.faults.filler MODELS: reads a folder a line; for each a child plans one batch of
the tiny model into it, says its process id and stops itself. Continued, it fills and ends: 0, or 1
with an error of the program's own, or 3 with a traceback.
"""

import ctypes
import os
import signal
import sys
import traceback
from pathlib import Path

from core.errors import NonesuchError, refused
from core.settings import Settings, read_settings
from pregen.filling.run import Filling
from pregen.planning.request import check_request
from sources.registry import find_model, open_source
from store.formats.encoding import find_format

PR_SET_PTRACER = 0x59616D61
WORDS = ("hat", 8, None, 0)  # categories, samples, truncation, seed


def settings_in(folder: Path, models: Path) -> Settings:
    return read_settings(
        {
            "NONESUCH_HOME": str(folder / "home"),
            "NONESUCH_IMAGES_FOLDER": str(folder / "images"),
            "NONESUCH_INSTANCE_FOLDER": str(folder / "instance"),
            "NONESUCH_MODELS_FOLDER": str(models),
        }
    )


def fill(folder: Path, models: Path, *, stopped: bool = False) -> int:
    """Make what is missing of one batch; return how many pictures were made."""
    model = find_model(models, "tiny")
    source = open_source(model, 1)
    request = check_request(model, *WORDS)
    filling = Filling(settings_in(folder, models), model, request, source.batch, dry_run=False)
    if stopped:
        # where the system lets a process be traced by its parents alone
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
        print(os.getpid(), flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
    return filling.fill([source], find_format("webp"), lambda _: None)


def main() -> None:
    models = Path(sys.argv[1])
    # all that is imported late is imported once, before the first child
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), models)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        try:
            fill(Path(line.strip()), models, stopped=True)
        except NonesuchError:
            os._exit(1)
        except OSError as error:  # as core.commands has it
            if refused(error) is None:
                traceback.print_exc()
                os._exit(3)
            os._exit(1)
        except BaseException:
            traceback.print_exc()
            os._exit(3)
        os._exit(0)


if __name__ == "__main__":
    main()
