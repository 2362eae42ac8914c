"""QUICK=1, as `make quick` sets it: leaves out each test that needs more than Python and the
packages of requirements-quick.txt, and those marked `slow`.

Nobody keeps a list of tests. One is left out at the moment when it, or a fixture of it, imports a
package of `WHOLE` or starts another process, such as a browser, a server or a command. A package
that is missing in `WHOLE` fails its tests where only requirements-quick.txt is installed. A test
that computes for longer than `SLOW_S` without the mark is named at the end.
"""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

QUICK = os.environ.get("QUICK") == "1"
# what requirements-quick.txt lacks: module → what a reader knows it as
WHOLE = {
    **dict.fromkeys(("tensorflow", "keras", "tf_keras", "tensorflow_serving"), "TensorFlow"),
    "tensorflow_hub": "TensorFlow",
    **dict.fromkeys(("google", "grpc", "h5py", "kagglehub", "resvg_py"), "TensorFlow"),
    "jax": "JAX",
    "onnxruntime": "ONNX Runtime",
    "ray": "Ray",
    "schemathesis": "Schemathesis",
    "selenium": "a browser",
    "skimage": "scikit-image",
    "pyvips": "libvips",
}
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.system"}
SLOW_S = 0.8  # of CPU; the mean is a tenth of it
_REASON = re.compile(r"QUICK: needs ([^(']+)")
_CPU = "cpu_s"


class _OnlyInTheWhole:
    def find_spec(self, name: str, *_: object) -> None:
        needed = WHOLE.get(name.partition(".")[0])
        if needed:
            pytest.skip(f"QUICK: needs {needed}", allow_module_level=True)


def _refuse_processes(event: str, _words: tuple[object, ...]) -> None:
    # pytest's own workers start where no test runs
    if event in STARTS and "PYTEST_CURRENT_TEST" in os.environ:
        pytest.skip("QUICK: needs another process")


def pytest_configure() -> None:
    sys.meta_path.insert(0, _OnlyInTheWhole())
    sys.addaudithook(_refuse_processes)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    began = time.process_time()
    try:
        return (yield)
    finally:
        item.user_properties.append((_CPU, time.process_time() - began))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    needs: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = _REASON.search(str(report.longrepr))
        if reason:
            needs[reason[1].strip()] += _tests_in(report)
    for what, number in needs.most_common():
        terminalreporter.write_line(f"left out: {number} tests that need {what}")
    for report in terminalreporter.stats.get("passed", []):
        cpu_s = dict(report.user_properties).get(_CPU, 0.0)
        if cpu_s > SLOW_S:
            terminalreporter.write_line(f"{cpu_s:.1f} s of CPU, mark it slow: {report.nodeid}")


def _tests_in(report: pytest.TestReport | pytest.CollectReport) -> int:
    """Count what a report is about: a file that could not be imported has all of its tests."""
    if isinstance(report, pytest.TestReport):
        return 1
    path = Path(__file__).parent.parent / report.nodeid
    files = [path] if path.is_file() else path.rglob("test_*.py")
    return sum(len(re.findall(r"^def test_", file.read_text(), re.MULTILINE)) for file in files)
