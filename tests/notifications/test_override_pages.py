"""The pages of an override: who gets in, what they ask, what the person it reached can read."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Mandate, Role
from consent.models import ConsentEvent
from crises.models import ReviewFinding, VitalInterestOverride
from crises.overriding import review_override
from notifications.models import OverrideRecipient
from tests.accounts.signing_in import sign_in
from tests.crises.test_overriding import asked, let_pass, over, running
from tests.notifications.test_ministry_pages import words_of
from tests.people import crisis, register, staff, submitted
from tests.registry.portal_visits import sign_in as sign_in_person

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return reverse(f"ministry:override-{name}", args=args)


def typed(**changed: Any) -> dict[str, Any]:
    return {
        "basis": "6.1.d",
        "legal_text": "Crisis Act, section 4",
        "reason": "The dam is breaking.",
        "no_other_basis_because": "Nobody can be asked in time.",
        "fields_opened": ["contact_points.phone"],
        "max_recipients": "1,200",
        "hours": "24",
        **changed,
    }


@pytest.fixture
def author() -> Client:
    return sign_in(staff(Role.AUTHOR))


@pytest.fixture
def approver() -> Client:
    return sign_in(staff(Role.APPROVER))


def test_an_author_asks_and_an_approver_lets_it_begin(author: Client, approver: Client) -> None:
    here = crisis()
    assert (
        url("ask", here.public_id)
        in author.get(reverse("ministry:crisis-show", args=[here.public_id])).content.decode()
    )
    assert author.get(url("ask", here.public_id)).status_code == 200
    response = author.post(url("ask", here.public_id), typed())
    override = VitalInterestOverride.objects.get()
    assert response.headers["Location"] == url("show", override.public_id)
    assert (override.max_recipients, override.hours, override.includes_refusers) == (
        1200,
        24,
        False,
    )
    page = approver.get(url("show", override.public_id))
    assert "1,200 people at most" in words_of(page)
    assert "The dam is breaking." in words_of(page)
    wrong = approver.post(url("approve", override.public_id), {"typed_most": "12"})
    assert "not the number of people" in words_of(wrong)
    approver.post(url("approve", override.public_id), {"typed_most": "1200"})
    override.refresh_from_db()
    assert override.is_running
    shown = words_of(approver.get(url("show", override.public_id)))
    assert "Ends by itself in 23" in shown.replace("\xa0", " ")
    assert "Running" in words_of(author.get(url("list")))


@pytest.mark.parametrize(
    ("changed", "trouble"),
    [
        ({"reason": ""}, "Say what danger they are in."),
        ({"no_other_basis_because": ""}, "Say why there is no other way."),
        ({"legal_text": ""}, "Name the article that allows it."),
        ({"fields_opened": []}, "Choose what may be used."),
        ({"fields_opened": ["names"]}, "Select a valid choice"),
        ({"basis": "6.1.a"}, "Select a valid choice"),
        ({"max_recipients": "0"}, "at most."),
        ({"hours": "73"}, "Select a valid choice"),
        ({"includes_refusers": "on"}, "Say why also to people who said no."),
        ({"refusers_reason": "They will drown."}, "Tick this, or leave its reason empty."),
    ],
)
def test_what_is_missing_is_asked_for(
    author: Client, changed: dict[str, Any], trouble: str
) -> None:
    page = author.post(url("ask", crisis().public_id), typed(**changed))
    assert page.status_code == 200
    assert trouble in words_of(page)
    assert not VitalInterestOverride.objects.exists()


def test_people_who_said_no_are_a_tick_and_a_reason(author: Client) -> None:
    author.post(
        url("ask", crisis().public_id),
        typed(includes_refusers="on", refusers_reason="They will drown."),
    )
    assert VitalInterestOverride.objects.get().includes_refusers


def test_there_is_none_in_an_exercise(author: Client) -> None:
    drill = crisis(is_exercise=True)
    assert author.get(url("ask", drill.public_id)).status_code == 403
    shown = author.get(reverse("ministry:crisis-show", args=[drill.public_id]))
    assert url("ask", drill.public_id) not in shown.content.decode()


def test_nobody_approves_their_own_on_the_page() -> None:
    user = staff(Role.AUTHOR)
    Mandate.objects.create(user=user, role=Role.APPROVER)
    client = sign_in(user)
    client.post(url("ask", crisis().public_id), typed())
    override = VitalInterestOverride.objects.get()
    page = client.get(url("show", override.public_id)).content.decode()
    assert url("approve", override.public_id) not in page
    client.post(url("approve", override.public_id), {"typed_most": "1200"})
    override.refresh_from_db()
    assert override.approved_at is None


def test_a_dangerous_act_wants_a_fresh_sign_in(approver: Client) -> None:
    waiting = asked()
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=11), tick=True):
        response = approver.post(url("approve", waiting.public_id), {"typed_most": "100"})
    assert "reauthenticate" in response.headers["Location"]
    waiting.refresh_from_db()
    assert waiting.approved_at is None


def test_one_press_ends_it(author: Client) -> None:
    override = running()
    assert "End it now" in words_of(author.get(url("show", override.public_id)))
    author.post(url("end", override.public_id))
    override.refresh_from_db()
    assert override.is_over
    late = author.post(url("end", override.public_id), follow=True)
    assert "Somebody else was faster" in words_of(late)


def test_the_data_protection_officer_reviews_and_sees_what_is_late(author: Client) -> None:
    override = over()
    let_pass(override, datetime.timedelta(days=8))
    officer = sign_in(staff(Role.DATA_PROTECTION))
    shown = words_of(officer.get(url("list")))
    assert "1 review is late." in shown
    assert "not everybody was told in time" in shown
    assert (
        url("review", override.public_id)
        not in author.get(url("show", override.public_id)).content.decode()
    )
    assert "Choose what you found." in words_of(officer.post(url("review", override.public_id), {}))
    officer.post(
        url("review", override.public_id), {"finding": "too-wide", "words": "Half was enough."}
    )
    override.refresh_from_db()
    assert override.finding == "too-wide"
    assert "Half was enough." in words_of(author.get(url("show", override.public_id)))
    assert "review is late" not in words_of(officer.get(url("list")))


def test_the_list_asks_no_more_for_more_of_them(
    author: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(2):
        over(), running(), asked()
    author.get(url("list"))
    with django_assert_max_num_queries(20):
        author.get(url("list"))


def test_the_approver_of_an_alert_sees_how_many_did_not_agree(approver: Client) -> None:
    here = crisis()
    register()
    register(consents={})
    running(here)
    page = approver.get(reverse("ministry:broadcast-approve", args=[submitted(here).public_id]))
    assert "1 of them did not agree" in words_of(page)


def test_the_person_reads_why_and_what_the_review_found() -> None:
    person = register(consents={})
    override = over()
    OverrideRecipient.objects.create(override=override, registrant_id=person.pk)
    client = Client()
    sign_in_person(client, person)
    before = words_of(client.get(reverse("rights:right-list")))
    assert "The dam above the town is breaking." in before
    assert "Crisis Act, section 4" in before
    assert "Not yet. Due by" in before
    review_override(
        actor=staff(Role.DATA_PROTECTION),
        override_id=override.public_id,
        finding=ReviewFinding.TOO_WIDE,
        words="Half was enough.",
    )
    after = words_of(client.get(reverse("rights:right-list")))
    assert "Half was enough." in after
    other = Client()
    sign_in_person(other, register())
    assert "The dam" not in words_of(other.get(reverse("rights:right-list")))


def test_one_press_says_that_a_message_would_be_a_danger() -> None:
    person = register(emails=["a@people.example"], phones=["+96170990009"])
    client = Client()
    sign_in_person(client, person)
    page = client.get(reverse("registry:registration-show"))
    assert 'value="never"' in page.content.decode()
    client.post(reverse("registry:consent-switch", args=["crisis_alert_sms"]), {"answer": "never"})
    latest = ConsentEvent.objects.filter(subject_id=person.pk).order_by("-pk")[:2]
    assert {(event.purpose_id, event.state, event.is_for_safety) for event in latest} == {
        ("crisis_alert_sms", "withdrawn", True),
        ("crisis_alert_email", "withdrawn", True),
    }
