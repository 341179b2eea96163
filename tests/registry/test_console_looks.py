"""Who looked at whom, for those who watch over it: no values, no bare lists of everything."""

from __future__ import annotations

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, StaffUser
from audit.models import AuditEvent
from registry.access import OPENED, open_record
from registry.looking import search
from registry.models import LookReason
from tests.accounts.signing_in import sign_in
from tests.people import register, staff
from tests.registry.consoles import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def overseer() -> Client:
    """The browser of a signed-in data-protection officer."""
    return sign_in(staff(Role.DATA_PROTECTION))


def looks(client: Client, **query: str) -> str:
    """Return the HTML of the list."""
    return words_of(client.get(reverse("console:looks-list"), query))


def look(user: StaffUser, at: datetime.datetime | None = None) -> None:
    """Let a member of staff open an invented record, at another time if wanted."""
    AuditEvent.objects.create(
        at=at or timezone.now(), actor_kind="staff", actor_id=user.pk, act=OPENED, reason="asked"
    )


def test_searches_and_openings_are_listed_without_any_value(overseer: Client) -> None:
    person = register(phones=["+96170123456"])
    officer = staff(Role.OFFICER)
    search(officer, "+96170123456")
    open_record(officer, person.pk, LookReason.FAMILY)
    page = looks(overseer)
    assert officer.name in page
    assert "Searched" in page
    assert "Opened a record" in page
    assert "Family or authority asked after the person" in page
    assert "Embassy in Beirut" in page
    assert str(person.pk)[-8:] in page
    for value in ("Amal", "Haddad", "70123456", str(person.pk)):
        assert value not in page


def test_the_list_is_narrowed_to_one_colleague_and_one_day(overseer: Client) -> None:
    odette, pascal = staff(Role.OFFICER), staff(Role.OFFICER, "paris")
    StaffUser.objects.filter(pk=odette.pk).update(name="Odette")
    StaffUser.objects.filter(pk=pascal.pk).update(name="Pascal")
    earlier = timezone.now() - datetime.timedelta(days=3)
    look(odette, earlier)
    look(pascal)
    body = looks(overseer, staff=str(odette.pk)).partition("<tbody")[2]
    assert "Odette" in body
    assert "Pascal" not in body
    day = {
        "day_day": str(earlier.day),
        "day_month": str(earlier.month),
        "day_year": str(earlier.year),
    }
    body = looks(overseer, **day).partition("<tbody")[2]
    assert "Odette" in body
    assert "Pascal" not in body


def test_without_a_day_it_reaches_back_thirty_days(overseer: Client) -> None:
    user = staff(Role.OFFICER)
    look(user, timezone.now() - datetime.timedelta(days=31))
    assert "Nothing to show" in looks(overseer)


def test_acts_that_are_no_looks_are_not_listed(overseer: Client) -> None:
    assert "Nothing to show" in looks(overseer)


def test_it_goes_on_to_older_ones(
    overseer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    user = staff(Role.OFFICER)
    for _ in range(60):
        look(user)
    with django_assert_max_num_queries(14):
        first = overseer.get(reverse("console:looks-list"))
    second = overseer.get(f"{reverse('console:looks-list')}?{first.context['next_query']}")
    ids = [entry.event_id for entry in first.context["entries"]]
    ids += [entry.event_id for entry in second.context["entries"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 60
    assert "next_query" not in second.context


def test_reading_the_list_is_written_down(overseer: Client) -> None:
    looks(overseer)
    assert AuditEvent.objects.filter(act="registry.looks-read").count() == 1


@pytest.mark.parametrize(
    "query",
    [
        {"staff": "nobody"},
        {"day_day": "31", "day_month": "2", "day_year": "2026"},
        {"before": "-4"},
        {"before": "x"},
    ],
)
def test_nonsense_is_taken_calmly(overseer: Client, query: dict[str, str]) -> None:
    assert overseer.get(reverse("console:looks-list"), query).status_code == 200
