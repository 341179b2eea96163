"""Postfix between us and the world: real queues, real delivery status notifications."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from demo.mailbox import Mailbox
from notifications import addressing, applying_receipts, sending
from notifications.bounces import Taken, take_bounce
from notifications.models import Delivery, DeliveryStatus, Lane, Receipt, Suppression
from notifications.sparing import is_suppressed
from registry.models import ContactPoint
from tests.conformance.servers import PrivatePostfix, eventually
from tests.notifications.channels.sinks import Behaviour, SmtpSink
from tests.people import crisis, register, released

pytestmark = pytest.mark.django_db(transaction=True)


def test_real_bounces_and_delays_reach_their_deliveries(
    folder: Path, settings: Any, mailbox: Mailbox
) -> None:
    refusing = Behaviour(
        answers={
            "RCPT": {
                "gone@": b"550 5.1.1 no such user\r\n",
                "later@": b"451 4.2.1 mailbox busy\r\n",
            }
        }
    )
    with SmtpSink(refusing) as world, SmtpSink() as home:
        transports = {
            "people.example": f"smtp:[127.0.0.1]:{world.port}",
            settings.MAIL_BOUNCE_DOMAIN: f"smtp:[127.0.0.1]:{home.port}",
        }
        with PrivatePostfix(folder / "pf", transports) as postfix:
            settings.MAIL_URL = f"smtp://127.0.0.1:{postfix.port}"
            names = ["gone", "later", "here"]
            people = {name: register(emails=[f"{name}@people.example"]) for name in names}
            dispatch = released(crisis())
            addressing.freeze(dispatch.pk)
            sending.drain(lane=Lane.CRISIS)
            rows = {
                name: Delivery.objects.get(dispatch=dispatch, registrant_id=person.pk)
                for name, person in people.items()
            }
            # Postfix takes everything; who cannot be reached is known only later.
            assert {row.status for row in rows.values()} == {DeliveryStatus.HANDED_OVER}
            eventually(lambda: len(home.received) >= 2, "both reports come back", 40)
            assert world.recipients == ["here@people.example"]
        for report in home.received:
            assert report.sender == ""
            assert take_bounce(report.text, report.recipient) is Taken.STORED
            # The same report by another way, without the envelope.
            assert take_bounce(report.text) is Taken.REPEATED
    assert Receipt.objects.count() == 2
    assert applying_receipts.apply_receipts() == 2
    for row in rows.values():
        row.refresh_from_db()
    assert (rows["gone"].status, rows["gone"].reason) == (DeliveryStatus.FAILED, "smtp-5.1.1")
    assert (rows["later"].status, rows["later"].reason) == (DeliveryStatus.HANDED_OVER, "delayed")
    assert rows["here"].status == DeliveryStatus.HANDED_OVER
    points = {name: ContactPoint.objects.get(registrant=p) for name, p in people.items()}
    assert Suppression.objects.count() == 1
    assert [name for name, point in points.items() if is_suppressed(point)] == ["gone"]
