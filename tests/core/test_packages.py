"""Packages that only a part of the program needs: missed in one line, imported quietly."""

import subprocess
import sys

import pytest

from core.packages import NotInstalled, import_tensorflow


def test_tensorflow_is_imported_without_its_notes_and_file_2_works_after() -> None:
    code = (
        "import sys; from core.packages import import_tensorflow; tf = import_tensorflow();"
        "print(tf.__name__); print('said', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("tensorflow\n", "said\n")


def test_without_it_one_line_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(NotInstalled, match="this needs TensorFlow, which is not installed") as told:
        import_tensorflow()
    assert told.value.hint == "python -m pip install -r requirements-tensorflow.txt"
