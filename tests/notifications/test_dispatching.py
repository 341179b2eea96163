"""Alerts leave when the broker, beat or every worker is away."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from notifications import addressing, dispatching
from notifications.models import Chunk, DispatchState, Work
from notifications.watching import engine_health
from tests.people import crisis, register, released

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _no_broker(monkeypatch: pytest.MonkeyPatch):
    """Nobody listens at the broker's address."""
    from celery import current_app

    with current_app.connection_for_write(url="redis://127.0.0.1:1/0") as dead:
        monkeypatch.setattr(
            current_app, "send_task", lambda *_, **__: dead.ensure_connection(max_retries=0)
        )
        yield


@pytest.mark.usefixtures("_no_broker")
def test_an_alert_leaves_while_the_broker_is_away(sms_gateway) -> None:
    for _ in range(3):
        register()
    dispatch = released(crisis())
    assert dispatching.look_once(is_inline=False) == 1
    dispatch.refresh_from_db()
    assert dispatch.state == DispatchState.FINISHED
    assert len(sms_gateway.messages) == 3


def test_with_the_broker_there_the_work_is_left_to_the_workers(sms_gateway) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    assert dispatching.look_once(is_inline=False) == 0
    assert not sms_gateway.messages


def test_a_chunk_nobody_claims_is_an_alarm_and_is_sent_here(sms_gateway, caplog) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    long_ago = timezone.now() - datetime.timedelta(seconds=30)
    Chunk.objects.filter(dispatch=dispatch).update(due_at=long_ago)
    type(dispatch).objects.filter(pk=dispatch.pk).update(released_at=long_ago)
    assert engine_health().alarms == ["nobody-works", "lane-crisis-stands"]
    assert dispatching.look_once(is_inline=False) == 1
    assert "nobody sends" in caplog.text
    assert len(sms_gateway.messages) == 1
    health = engine_health()
    assert not health.alarms
    assert all(lane.waiting == lane.held == 0 for lane in health.lanes)
    assert {process.work for process in health.processes} == {Work.SEND, Work.WATCH}
