"""Telling the children of a Celery worker that it is asked to stop.

Celery tells only the parent (SIGTERM) and waits for its children's tasks. Without this a child
would go on sending for its whole turn, and whoever stops the worker would lose patience and
kill it. With it a child ends after the message in hand: it records what it has an outcome for
and gives its chunk back, so that nobody gets a second copy.
"""

from __future__ import annotations

import mmap
from typing import Any

from celery.signals import worker_init, worker_shutting_down

# One octet that the parent shares with the children it forks later.
_asked = mmap.mmap(-1, 1)


@worker_init.connect
def _begin(**_about: Any) -> None:
    _asked[0] = 0


@worker_shutting_down.connect
def _stop(**_about: Any) -> None:
    _asked[0] = 1


def is_stopping() -> bool:
    """Whether the worker this process belongs to was asked to stop; costs no system call."""
    return _asked[0] == 1
