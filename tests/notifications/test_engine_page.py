"""How the engine fares: for staff who send, and for a monitoring system with the secret."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from notifications import addressing, sending
from notifications.metrics import CONTENT_TYPE
from notifications.models import Chunk, Dispatch, Lane
from tests.accounts.signing_in import sign_in
from tests.people import crisis, register, released, staff

pytestmark = pytest.mark.django_db(transaction=True)

_SECRET = "a-secret-only-of-this-test-0123456789"


def test_staff_see_what_waits_and_that_nobody_sends(client: Client) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sign_in(staff(Role.AUTHOR), client=client)
    calm = client.get(reverse("ministry:engine-show"))
    assert calm.status_code == 200
    assert "Nothing waits longer than it should." in calm.content.decode()
    long_ago = timezone.now() - datetime.timedelta(minutes=5)
    Chunk.objects.update(due_at=long_ago)
    Dispatch.objects.update(released_at=long_ago)
    assert "nobody sends them" in client.get(reverse("ministry:engine-show")).content.decode()


def test_staff_see_who_worked(client: Client, sms_gateway) -> None:
    register()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    sending.drain(lane=Lane.CRISIS)
    sign_in(staff(Role.APPROVER), client=client)
    page = client.get(reverse("ministry:engine-show")).content.decode()
    assert "Sends" in page
    assert "1 process was heard of" in page


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {_SECRET}", _SECRET])
def test_metrics_are_for_who_knows_the_secret(client: Client, settings, given: str) -> None:
    settings.METRICS_SECRET = _SECRET
    answer = client.get(reverse("api:metrics"), headers={"authorization": given})
    assert answer.status_code == 401
    assert answer.content == b""


def test_an_empty_secret_opens_nothing(client: Client, settings) -> None:
    settings.METRICS_SECRET = ""
    for given in ("", "Bearer", "Bearer "):
        answer = client.get(reverse("api:metrics"), headers={"authorization": given})
        assert answer.status_code == 401


def test_a_monitoring_system_reads_figures(client: Client, settings) -> None:
    settings.METRICS_SECRET = _SECRET
    answer = client.get(reverse("api:metrics"), headers={"authorization": f"Bearer {_SECRET}"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == CONTENT_TYPE
    assert 'engine_chunks_waiting{lane="' in answer.content.decode()
