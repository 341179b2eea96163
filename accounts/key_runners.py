"""Who does which act on the keys. Apps above name their own when they are ready."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.key_acts import KeyAct, KeyActKind

Parameters = Mapping[str, Any]


class KeyActRefused(Exception):
    """An act cannot be asked for or done as things are; the text says why, for an operator."""


@dataclass(frozen=True)
class Step:
    """What one step did: rows done, where to go on, whether all is done or has to wait."""

    done: int
    cursor: dict[str, Any] = field(default_factory=dict)
    is_finished: bool = False
    not_before: datetime.datetime | None = None


@dataclass(frozen=True)
class Runner:
    """Does one kind of act.

    check raises KeyActRefused; count says in words how much there is to do; step does one
    piece that may be repeated after a kill, going on from the act's cursor.
    """

    check: Callable[[Parameters], None]
    count: Callable[[Parameters], dict[str, int]]
    step: Callable[[KeyAct], Step]


_runners: dict[str, Runner] = {}


def run_with(kind: KeyActKind, runner: Runner) -> None:
    """Name the runner of a kind."""
    _runners[kind] = runner


def runner_of(kind: str) -> Runner:
    """Return the runner of a kind."""
    return _runners[kind]
