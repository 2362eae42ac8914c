"""Several requests on their way at the same time, with results in order and memory flat."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Subject = TypeVar("_Subject")
_Result = TypeVar("_Result")


def in_parallel(
    act: Callable[[_Subject], _Result], subjects: Iterable[_Subject], at_once: int
) -> Iterator[_Result]:
    """Yield ``act`` of each, in order; up to ``at_once`` run, and as many results wait.

    With 1 in this thread, one after the other. The first error is raised in its turn; what runs
    by then ends first, and what does not yet is dropped.
    """
    if at_once <= 1:
        yield from map(act, subjects)
        return
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(at_once, "store") as pool:
        try:
            for subject in subjects:
                waiting.append(pool.submit(act, subject))
                if len(waiting) >= 2 * at_once:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for each in waiting:
                each.cancel()
