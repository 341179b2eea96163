"""The dispatcher as a real process: alerts leave without Redis, and a stop doubles nobody."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from demo.processes import Process, stop_all
from notifications.models import DispatchState, Heartbeat
from tests.people import crisis, register, released
from tests.workers import _addresses

pytestmark = pytest.mark.django_db(transaction=True)

# Nobody listens there.
_NO_REDIS = "redis://127.0.0.1:1/0"


def _until(condition: Callable[[], bool], process: Process) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline or not process.is_running:
            raise TimeoutError(process.last_lines())
        time.sleep(0.05)


def test_an_alert_leaves_without_redis_and_a_stop_doubles_nobody(
    sms_gateway, tmp_path: Path
) -> None:
    people = 60
    for _ in range(people):
        register()
    dispatch = released(crisis())

    def dispatcher(name: str) -> Process:
        process = Process(
            name=name,
            command=[sys.executable, "manage.py", "dispatcher", "--inline"],
            log=tmp_path / f"{name}.log",
            environment={**os.environ, **_addresses(), "REDIS_URL": _NO_REDIS},
            folder=Path(settings.BASE_DIR),
        )
        process.start()
        return process

    first = dispatcher("first")
    try:
        _until(lambda: len(sms_gateway.messages) > 0, first)
    finally:
        stop_all([first], 30)
    assert first.exit_code == 0, first.last_lines()
    second = dispatcher("second")

    def is_finished() -> bool:
        # The first may have sent everything before it was told to stop.
        dispatch.refresh_from_db()
        both_lived = Heartbeat.objects.filter(work="watch").count() == 2
        return both_lived and dispatch.state == DispatchState.FINISHED

    try:
        _until(is_finished, second)
    finally:
        stop_all([second], 30)
    copies = Counter(message.recipient for message in sms_gateway.messages)
    assert len(copies) == people
    assert set(copies.values()) == {1}
