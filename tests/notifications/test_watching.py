"""The engine tells of itself: who works, what waits, and nothing of anybody."""

from __future__ import annotations

import datetime
import re

import pytest
from django.utils import timezone

from notifications import addressing, sending, sweeping
from notifications.metrics import exposition
from notifications.models import Chunk, Heartbeat, Lane, Work
from notifications.watching import engine_health
from tests.people import crisis, register, released

pytestmark = pytest.mark.django_db(transaction=True)

_SAMPLE = re.compile(r'[a-z_]+(\{([a-z]+="[^"\n]*",?)+\})? [0-9.e+-]+')


def test_a_loop_and_a_sweep_leave_a_sign_of_life(sms_gateway) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    sweeping.sweep()
    seen = dict(Heartbeat.objects.values_list("work", "chunks"))
    assert seen == {Work.SEND: 1, Work.SWEEP: 0}
    assert engine_health().at_work == 1


def test_a_process_not_heard_of_does_not_count_and_is_forgotten_in_a_day() -> None:
    sweeping.sweep()
    Heartbeat.objects.update(seen_at=timezone.now() - datetime.timedelta(minutes=5))
    assert engine_health().processes[0].is_silent
    assert engine_health().at_work == 0
    Heartbeat.objects.update(seen_at=timezone.now() - datetime.timedelta(days=2), owner="gone:1")
    sweeping.tidy()
    assert not Heartbeat.objects.exists()


def test_what_waits_is_told_by_lane_and_an_abandoned_chunk_apart() -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    lanes = {lane.lane: lane for lane in engine_health().lanes}
    assert (lanes[Lane.CRISIS].waiting, lanes[Lane.CRISIS].abandoned) == (1, 0)
    assert lanes[Lane.ROUTINE].waiting == 0
    Chunk.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=20))
    (crisis_lane, *_) = engine_health().lanes
    assert (crisis_lane.waiting, crisis_lane.abandoned) == (1, 1)
    Chunk.objects.update(lease_until=timezone.now() + datetime.timedelta(seconds=20))
    (crisis_lane, *_) = engine_health().lanes
    assert (crisis_lane.waiting, crisis_lane.held) == (0, 1)


def test_workers_that_live_and_take_nothing_are_an_alarm_of_their_own() -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    long_ago = timezone.now() - datetime.timedelta(seconds=30)
    Chunk.objects.update(due_at=long_ago)
    type(dispatch).objects.update(released_at=long_ago)
    sweeping.sweep()
    assert engine_health().alarms == ["lane-crisis-stands"]


def test_metrics_are_well_formed_and_hold_nobody(sms_gateway) -> None:
    person = register(phones=["+96170123456"])
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    text = exposition(engine_health())
    for line in text.splitlines():
        assert line.startswith("# ") or _SAMPLE.fullmatch(line), line
    assert 'engine_processes{work="send"} 1\n' in text
    assert 'engine_chunks_waiting{lane="crisis"} 0\n' in text
    for private in ("70123456", str(person.pk), str(person.pk)[:8], "Haddad"):
        assert private not in text
