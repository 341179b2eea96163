"""Trips with legs: told in one go, warned about on their days, over by themselves."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.recording import Actor
from crises.places import Place
from notifications.audiences import AudienceRule, reachable_sql
from registry import selectors
from registry.models import Registrant, Stay, StayKind
from registry.registration import StayEntry
from registry.services.keeping import move_person, person_went_home
from registry.services.travelling import MOST_LEGS, TooManyLegs, add_leg
from tests import people
from tests.registry.portal_visits import errors_in, held_in, sign_in, text_of

pytestmark = pytest.mark.django_db

ISTANBUL, BEIRUT, ANKARA = ("TR", "TR-34"), ("LB", "LB-BA"), ("TR", "TR-06")


@pytest.fixture
def person() -> Registrant:
    return people.register(country="FR", area="FR-69", phones=["+33612345678"])


@pytest.fixture
def mine(client: Client, person: Registrant) -> Client:
    sign_in(client, person)
    return client


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def leg(person: Registrant, place: Place, first: int, last: int) -> Stay:
    entry = StayEntry(StayKind.TRAVEL, place[0], place[1], "", in_days(first), in_days(last))
    return add_leg(actor=Actor.person(person.pk), person=person, entry=entry)


def is_reached(person: Registrant, place: Place) -> bool:
    """Whether a message for a place, frozen now, is queued for the person."""
    sql, parameters = reachable_sql(AudienceRule((place,)))
    parameters |= {"first": None, "end": None, "languages": ["en"], "fallback": "en"}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return person.pk in {row[0] for row in cursor.fetchall()}


def typed(place: Place, first: int, last: int, **more: Any) -> dict[str, Any]:
    begin, until = in_days(first), in_days(last)
    return {
        "country": place[0],
        "area": place[1],
        **{f"begin_{part}": getattr(begin, part) for part in ("day", "month", "year")},
        **{f"until_{part}": getattr(until, part) for part in ("day", "month", "year")},
        "go": "on",
        **more,
    }


def test_a_leg_is_warned_about_on_its_days_and_on_no_other(person: Registrant) -> None:
    leg(person, ISTANBUL, -3, -1)
    leg(person, BEIRUT, -1, 0)
    leg(person, ANKARA, 1, 4)
    assert is_reached(person, BEIRUT)
    # Yesterday's place is over without anybody ending it, tomorrow's has not begun.
    assert not is_reached(person, ISTANBUL)
    assert not is_reached(person, ANKARA)
    # Who travels may have left others at home.
    assert is_reached(person, ("FR", "FR-69"))


def test_the_day_after_a_leg_does_not_reach(person: Registrant) -> None:
    second = leg(person, BEIRUT, 0, 0)
    assert is_reached(person, BEIRUT)
    # The same leg a day later, as the database sees it.
    Stay.objects.filter(pk=second.pk).update(from_on=in_days(-1), until_on=in_days(-1))
    assert not is_reached(person, BEIRUT)


def test_a_trip_is_told_leg_by_leg(mine: Client, person: Registrant) -> None:
    first = mine.post("/my/trips/add/", typed(ISTANBUL, 2, 4, go="next"))
    assert first.headers["Location"] == "/my/trips/add/"
    page = mine.get("/my/trips/add/")
    assert "Istanbul" in text_of(page)
    # The next leg begins where the last one ended.
    last = in_days(4)
    assert held_in(page)["begin_day"] == [str(last.day)]
    second = mine.post("/my/trips/add/", typed(BEIRUT, 4, 6))
    assert second.headers["Location"] == "/my/"
    mine.post("/my/trips/add/", typed(BEIRUT, 4, 6))
    assert [(each.country_id, each.from_on) for each in selectors.legs_of(person)] == [
        ("TR", in_days(2)),
        ("LB", in_days(4)),
    ]
    page_text = text_of(mine.get("/my/"))
    assert page_text.index("Istanbul") < page_text.index("Beirut")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"begin_day": "", "begin_month": "", "begin_year": ""}, "Write the first day."),
        ({"until_day": "", "until_month": "", "until_year": ""}, "Write the last day."),
        ({"country": ""}, "Choose a country."),
    ],
)
def test_a_leg_needs_its_place_and_both_days(
    mine: Client, fields: dict[str, str], error: str
) -> None:
    page = mine.post("/my/trips/add/", typed(("TR", ""), 1, 2, **fields))
    assert errors_in(page) == [error]
    assert not Stay.objects.filter(kind=StayKind.TRAVEL).exists()


def test_a_leg_does_not_end_before_it_began(mine: Client) -> None:
    page = mine.post("/my/trips/add/", typed(BEIRUT, 3, 2))
    assert errors_in(page) == ["The last day cannot be before the first day."]
    assert mine.post("/my/trips/add/", typed(BEIRUT, -2, 2)).status_code == 200
    assert not Stay.objects.filter(kind=StayKind.TRAVEL).exists()


def test_a_leg_called_off_is_no_place_somebody_left(mine: Client, person: Registrant) -> None:
    called_off = leg(person, BEIRUT, 3, 5)
    assert mine.post(f"/my/trips/{called_off.pk}/remove/").headers["Location"] == "/my/"
    assert selectors.legs_of(person) == []
    assert mine.post(f"/my/trips/{called_off.pk}/remove/").status_code == 404
    home = Stay.objects.get(registrant=person, country="FR")
    assert mine.post(f"/my/trips/{home.pk}/remove/").status_code == 404


def test_somebody_elses_leg_is_not_there(mine: Client) -> None:
    theirs = leg(people.register(phones=["+96170555009"]), BEIRUT, 1, 2)
    assert mine.post(f"/my/trips/{theirs.pk}/remove/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_home_stays_home_while_its_owner_travels(mine: Client, person: Registrant) -> None:
    leg(person, BEIRUT, 0, 3)
    leg(person, ISTANBUL, 5, 6)
    stay = selectors.sheet_of(person).stay
    assert stay is not None and stay.country_id == "FR"
    assert "Now" in text_of(mine.get("/my/"))
    # To confirm is to confirm the home, not a place nobody is in yet.
    before = dict(Stay.objects.values_list("country_id", "last_confirmed_at"))
    mine.post("/my/still-here/")
    after = dict(Stay.objects.values_list("country_id", "last_confirmed_at"))
    assert {place for place in after if after[place] != before[place]} == {"FR"}


def test_moving_keeps_the_trips_to_come_and_going_home_ends_them(person: Registrant) -> None:
    leg(person, BEIRUT, 0, 3)
    to_come = leg(person, ISTANBUL, 5, 6)
    actor = Actor.person(person.pk)
    entry = StayEntry(StayKind.RESIDENCE, "GB", "GB-LND", "", in_days(0), None)
    move_person(actor=actor, person=person, entry=entry)
    assert selectors.legs_of(person) == [to_come]
    person_went_home(actor=actor, person=person)
    assert selectors.legs_of(person) == []
    assert selectors.stay_of(person) is None


def test_nobody_fills_the_register_with_legs(person: Registrant) -> None:
    for day in range(MOST_LEGS):
        leg(person, BEIRUT, day, day)
    with pytest.raises(TooManyLegs):
        leg(person, BEIRUT, MOST_LEGS, MOST_LEGS)
