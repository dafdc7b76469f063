"""Processes for what takes long: one for each core, each with servers of its own, which end with it."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.util import Finalize
from typing import TypeVar

from tests.postgres_server import close_shared

T = TypeVar("T")
S = TypeVar("S")


def each(function: Callable[[S], T], given: Iterable[S]) -> Iterator[T]:
    """What a function makes of each, in order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_begin) as pool:
        yield from pool.map(function, given)


def _begin() -> None:
    Finalize(None, close_shared, exitpriority=1)  # nothing that is registered with atexit is called in such a process
