"""A real Celery worker that is asked to stop while it sends: nobody is lost or doubled."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from celery.signals import worker_init, worker_shutting_down

from demo.processes import stop_all
from notifications.models import Chunk, DispatchState
from notifications.stopping import is_stopping
from tests.people import crisis, register, released
from tests.workers import CeleryWorkers

pytestmark = pytest.mark.django_db(transaction=True)


def _until(condition: Callable[[], bool], workers: CeleryWorkers) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(workers.logs()[-2000:])
        time.sleep(0.02)


def test_a_worker_asked_to_stop_gives_back_what_it_holds(sms_gateway, tmp_path: Path) -> None:
    people = 150
    for _ in range(people):
        register()
    workers = CeleryWorkers(tmp_path)
    try:
        first = workers.start(children=2)
        dispatch = released(crisis())
        _until(lambda: len(sms_gateway.messages) > 0, workers)
        stop_all([first], 30)
        assert first.exit_code == 0, first.last_lines()
        # Given back, not left to run out: the next worker need not wait for a lease.
        assert not Chunk.objects.filter(lease_until__isnull=False).exists()

        def is_finished() -> bool:
            dispatch.refresh_from_db()
            return dispatch.state == DispatchState.FINISHED

        if not is_finished():
            workers.start()
            workers.start_beat()
            _until(is_finished, workers)
    finally:
        workers.stop()
    copies = Counter(message.recipient for message in sms_gateway.messages)
    assert len(copies) == people
    assert set(copies.values()) == {1}


def test_children_see_that_their_worker_stops() -> None:
    context = multiprocessing.get_context("fork")
    asked, told = context.Event(), context.Queue()

    def child() -> None:
        asked.wait(30)
        told.put(is_stopping())

    process = context.Process(target=child)
    process.start()
    try:
        worker_shutting_down.send(sender="test", sig="SIGTERM", how="Warm", exitcode=0)
        asked.set()
        assert told.get(timeout=30) is True
    finally:
        worker_init.send(sender="test")
        process.join(30)
    assert is_stopping() is False
