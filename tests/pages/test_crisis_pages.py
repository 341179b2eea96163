"""What everybody may read of a crisis, and what no page, feed or code gives away."""

from __future__ import annotations

import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from crises.models import AffectedArea, Crisis
from crises.services import promise_update
from geography.shapes import Circle
from notifications import addressing
from notifications.codes import ALPHABET, new_code, read_code, spelled
from notifications.models import Broadcast, BroadcastKind, Delivery, DeliveryStatus
from notifications.previewing import frozen_texts
from notifications.services.broadcasting import approve_broadcast
from pages.cap import NAMESPACE, cap_xml
from tests.accounts.signing_in import sign_in
from tests.people import ARABIC, ENGLISH, crisis, register, released, staff, submitted

pytestmark = pytest.mark.django_db


def sent(in_crisis: Crisis) -> Broadcast:
    register()
    broadcast = released(in_crisis).broadcast
    assert broadcast is not None
    return broadcast


def taken_back(broadcast: Broadcast) -> Broadcast:
    addressing.freeze(broadcast.dispatch.pk)
    Delivery.objects.filter(dispatch=broadcast.dispatch).update(status=DeliveryStatus.HANDED_OVER)
    cancel = submitted(broadcast.crisis, kind=BroadcastKind.CANCEL, refers_to=broadcast)
    assert cancel.submitted_count is not None
    approve_broadcast(
        actor=staff(Role.APPROVER), broadcast=cancel, typed_count=cancel.submitted_count
    )
    return cancel


def page_of(in_crisis: Crisis, language: str = "en") -> str:
    page = Client().get(reverse("pages:crisis-in", args=[in_crisis.public_id, language]))
    assert page.status_code == 200
    return page.content.decode()


# --- the page of a crisis -----------------------------------------------------------------


def test_the_page_says_what_to_do_in_the_readers_language() -> None:
    fire = crisis()
    sent(fire)
    english, arabic = page_of(fire), page_of(fire, "ar")
    assert ENGLISH.email_body in english
    assert "not a promise of rescue" in english
    assert ARABIC.email_body in arabic
    assert 'dir="rtl"' in arabic
    assert "{link}" not in english


def test_what_two_people_have_not_released_is_on_no_page() -> None:
    fire = crisis()
    register()
    draft = submitted(fire)
    assert ENGLISH.email_body not in page_of(fire)
    assert Client().get(reverse("pages:cap", args=[draft.public_id])).status_code == 404
    assert ENGLISH.subject not in Client().get(reverse("pages:feed")).content.decode()


def test_an_exercise_has_no_public_page_and_is_in_no_feed() -> None:
    drill = crisis(is_exercise=True)
    broadcast = sent(drill)
    assert Client().get(reverse("pages:crisis", args=[drill.public_id])).status_code == 404
    assert Client().get(reverse("pages:cap", args=[broadcast.public_id])).status_code == 404
    assert str(broadcast.public_id) not in Client().get(reverse("pages:feed")).content.decode()
    assert drill.title not in Client().get(reverse("pages:crises")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_message_taken_back_is_no_longer_what_to_do() -> None:
    fire = crisis()
    first = sent(fire)
    taken_back(first)
    page = page_of(fire)
    assert "taken back" in page
    before_earlier = page.split("Earlier messages")[0]
    assert before_earlier.count(ENGLISH.email_body) == 1, "the cancel itself, not the alert"


def test_a_promise_is_shown_until_its_time() -> None:
    fire = crisis()
    author = staff(Role.AUTHOR)
    at = timezone.now() + datetime.timedelta(hours=3)
    promise_update(actor=author, crisis=fire, at=at)
    assert "You will hear more by" in page_of(fire)
    with time_machine.travel(at + datetime.timedelta(minutes=1)):
        assert "You will hear more by" not in page_of(fire)


def test_the_author_promises_on_a_page() -> None:
    fire = crisis()
    desk = sign_in(staff(Role.AUTHOR))
    address = reverse("ministry:crisis-promise", args=[fire.public_id])
    assert desk.get(address).status_code == 200
    desk.post(address, {"within": "3"})
    fire.refresh_from_db()
    assert fire.next_update_at is not None
    desk.post(address, {"within": ""})
    fire.refresh_from_db()
    assert fire.next_update_at is None


@pytest.mark.parametrize("name", ["pages:crisis-in", "pages:crises-in", "pages:feed", "pages:cap"])
def test_any_cache_may_keep_what_is_the_same_for_all(name: str) -> None:
    fire = crisis()
    broadcast = sent(fire)
    known: dict[str, list[Any]] = {
        "pages:crisis-in": [fire.public_id, "fr"],
        "pages:crises-in": ["fr"],
        "pages:cap": [broadcast.public_id],
    }
    page = Client().get(reverse(name, args=known.get(name, [])))
    assert page.status_code == 200
    assert "public" in page["Cache-Control"]
    if name.endswith("-in"):
        assert "Cookie" not in page.get("Vary", "")
        assert not page.cookies
        assert len(page.content) < 30_000
        assert "csrfmiddlewaretoken" not in page.content.decode()


def test_the_page_costs_the_same_however_many_messages_there_are() -> None:
    fire = crisis()
    sent(fire)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page_of(fire)
        counts.append(len(queries))
        released(fire)
        released(fire)
    assert counts[0] == counts[1]


def test_an_unknown_language_and_an_unknown_crisis_are_not_there() -> None:
    fire = crisis()
    assert Client().get(f"/crisis/{fire.public_id}/xx/").status_code == 404
    assert Client().get("/crisis/01890000-0000-7000-8000-000000000000/").status_code == 404


# --- is this really from us? ----------------------------------------------------------------


def test_codes_are_read_in_any_usual_spelling() -> None:
    for typed in ("7k3m-9qrt", " 7K3M 9QRT ", "7K3M–9QRT", "٧K٣M٩QRT"):
        assert read_code(typed) == "7K3M9QRT"
    assert read_code("OIL1-0000") == "01110000"
    assert read_code("7K3M-9QR") is None
    assert read_code("7K3M-9QRU") is None
    code = new_code()
    assert set(code) <= set(ALPHABET)
    assert read_code(spelled(code)) == code


def test_every_copy_carries_the_code_that_confirms_it() -> None:
    broadcast = sent(crisis())
    for text in frozen_texts(broadcast).values():
        assert spelled(broadcast.code) in text["sms"]
        assert spelled(broadcast.code) in text["email"]
        assert spelled(broadcast.code) not in text["subject"]
    page = Client().post(reverse("pages:check"), {"code": spelled(broadcast.code).lower()})
    body = page.content.decode()
    assert "Yes, we sent this message" in body
    assert ENGLISH.email_body in body


def test_a_forged_code_and_a_draft_are_refused_alike() -> None:
    register()
    draft = submitted(crisis())
    for code in ("0000-0000", spelled(draft.code)):
        body = Client().post(reverse("pages:check"), {"code": code}).content.decode()
        assert "We sent no message with the code" in body
        assert ENGLISH.email_body not in body


@pytest.mark.django_db(transaction=True)
def test_a_message_that_was_taken_back_or_has_run_out_says_so() -> None:
    first = sent(crisis())
    later = first.expires_at + datetime.timedelta(minutes=1)
    with time_machine.travel(later):
        body = Client().post(reverse("pages:check"), {"code": first.code}).content.decode()
    assert "no longer valid" in body
    taken_back(first)
    body = Client().post(reverse("pages:check"), {"code": first.code}).content.decode()
    assert "took it back" in body


def test_nonsense_gets_its_error_beside_the_field_and_guessing_is_slowed() -> None:
    client = Client()
    body = client.post(reverse("pages:check"), {"code": "hello"}).content.decode()
    assert "eight letters and numbers" in body
    assert 'value="hello"' in body
    cache.clear()


# --- CAP and the feed -----------------------------------------------------------------------


def read(broadcast: Broadcast) -> ElementTree.Element:
    document = cap_xml(broadcast.public_id)
    assert document is not None
    return ElementTree.fromstring(document)  # noqa: S314


def texts_of(element: ElementTree.Element, name: str) -> list[str]:
    return [found.text or "" for found in element.iter(f"{{{NAMESPACE}}}{name}")]


# The order in which CAP 1.2 wants the parts of an alert and of an info block.
ALERT = ["identifier", "sender", "sent", "status", "msgType", "scope", "references", "info"]
INFO = [
    *("language", "category", "event", "urgency", "severity", "certainty", "expires"),
    *("senderName", "headline", "description", "web", "area"),
]


def test_a_cap_document_has_its_parts_in_order_and_says_where() -> None:
    fire = crisis(("LB", "LB-BA"), ("SY", None))
    AffectedArea.objects.create(crisis=fire, shape=Circle(35.5, 33.9, 12.5).as_data())
    broadcast = sent(fire)
    alert = read(broadcast)
    for element, order in [
        (alert, ALERT),
        *((info, INFO) for info in alert.iter(f"{{{NAMESPACE}}}info")),
    ]:
        names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
        assert names == sorted(names, key=order.index)
    assert texts_of(alert, "identifier") == [f"urn:uuid:{broadcast.public_id}"]
    assert texts_of(alert, "status") == ["Actual"]
    assert texts_of(alert, "msgType") == ["Alert"]
    assert texts_of(alert, "language") == ["ar", "en"]
    assert set(texts_of(alert, "value")) == {"LB-BA", "SY"}
    assert set(texts_of(alert, "circle")) == {"33.9,35.5 12.5"}
    assert ENGLISH.email_body in texts_of(alert, "description")
    (when,) = texts_of(alert, "sent")
    assert datetime.datetime.fromisoformat(when) == broadcast.approved_at.replace(microsecond=0)  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_a_cancel_refers_to_what_it_takes_back() -> None:
    first = sent(crisis())
    cancel = taken_back(first)
    alert = read(cancel)
    kind = alert.findtext(f"{{{NAMESPACE}}}msgType")
    references = alert.findtext(f"{{{NAMESPACE}}}references") or ""
    assert kind == "Cancel"
    assert references.split(",")[1] == f"urn:uuid:{first.public_id}"


def test_the_feed_names_each_message_with_its_cap_document() -> None:
    broadcast = sent(crisis())
    feed = Client().get(reverse("pages:feed")).content.decode()
    assert f"urn:uuid:{broadcast.public_id}" in feed
    assert reverse("pages:cap", args=[broadcast.public_id]) in feed
