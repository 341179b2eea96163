"""Who a message is for: places, consents and contacts, each rule by itself."""

from __future__ import annotations

import datetime
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from audit.recording import Actor
from consent.services import record_answers
from crises.places import Place
from notifications import addressing
from notifications.audiences import AudienceRule, reachable_sql, rule_for
from notifications.models import AudienceMember, Delivery, DeliveryStatus
from registry.models import Channel, ContactPoint, Registrant, Stay, StayKind
from registry.registration import StayEntry
from registry.services.holding import remove_contact
from registry.services.keeping import move_person, person_went_home
from registry.services.registering import open_stay
from tests.people import crisis, phone, register, released, stood

pytestmark = pytest.mark.django_db

# The freeze works on connections of its own, which see only what was committed.
committed = pytest.mark.django_db(transaction=True)

BEIRUT = ("LB", "LB-BA")


def rows(rule: AudienceRule, languages: tuple[str, ...] = ("en", "ar")) -> list[tuple[UUID, str]]:
    """Return (person, language) of every contact the rule reaches."""
    sql, parameters = reachable_sql(rule)
    parameters |= {"first": None, "end": None, "languages": list(languages), "fallback": "en"}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [
            (row["registrant_id"], row["language"])
            for row in (dict(zip(names, values, strict=True)) for values in cursor.fetchall())
        ]


def people(*included: Place, excluded: tuple[Place, ...] = ()) -> set[UUID]:
    return {person for person, _ in rows(AudienceRule(included or (BEIRUT,), excluded))}


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


# --- places ---------------------------------------------------------------------


def test_an_area_holds_who_named_it_and_nobody_else() -> None:
    here = register(area="LB-BA")
    register(area="LB-JL")
    register(country="TR", area="TR-34")
    assert people(BEIRUT) == {here.pk}


def test_a_country_holds_all_of_its_areas() -> None:
    beirut, tripoli, somewhere = register(area="LB-BA"), register(area="LB-AS"), register(area=None)
    register(country="TR", area="TR-34")
    assert people(("LB", None)) == {beirut.pk, tripoli.pk, somewhere.pk}


def test_an_area_holds_the_areas_inside_it() -> None:
    london = register(country="GB", area="GB-LND", phones=["+447911000001"])
    scotland = register(country="GB", area="GB-SCT", phones=["+447911000002"])
    assert people(("GB", "GB-ENG")) == {london.pk}
    assert people(("GB", None)) == {london.pk, scotland.pk}


def test_who_named_only_the_country_may_be_in_any_area_of_it() -> None:
    somewhere = register(area=None)
    assert people(BEIRUT) == {somewhere.pk}
    assert people(("LB", "LB-JL")) == {somewhere.pk}
    assert people(("TR", "TR-34")) == set()


def test_who_named_a_wider_area_may_be_in_any_part_of_it() -> None:
    england = register(country="GB", area="GB-ENG", phones=["+447911000001"])
    scotland = register(country="GB", area="GB-SCT", phones=["+447911000002"])
    assert people(("GB", "GB-LND")) == {england.pk}
    assert scotland.pk not in people(("GB", "GB-LND"))


def test_several_places_at_once_count_everybody_once() -> None:
    beirut, istanbul = register(area="LB-BA"), register(country="TR", area="TR-34")
    assert people(BEIRUT, ("LB", None), ("TR", "TR-34")) == {beirut.pk, istanbul.pk}


def test_a_left_out_area_is_left_out_with_everything_inside_it() -> None:
    london = register(country="GB", area="GB-LND", phones=["+447911000001"])
    scotland = register(country="GB", area="GB-SCT", phones=["+447911000002"])
    somewhere = register(country="GB", area=None, phones=["+447911000003"])
    found = people(("GB", None), excluded=(("GB", "GB-ENG"),))
    # Who named only the country may be in the part that is not left out.
    assert found == {scotland.pk, somewhere.pk}
    assert london.pk not in found


def test_nowhere_reaches_nobody_and_an_unknown_area_is_an_error() -> None:
    register()
    assert {person for person, _ in rows(AudienceRule())} == set()
    with pytest.raises(LookupError):
        reachable_sql(AudienceRule((("LB", "LB-ZZ"),)))


def test_the_rule_of_a_crisis_names_its_places_and_survives_as_data() -> None:
    found = rule_for(crisis(("LB", None), ("TR", "TR-34"), excluded=[("LB", "LB-BA")]))
    assert set(found.included) == {("LB", None), ("TR", "TR-34")}
    assert found.excluded == (("LB", "LB-BA"),)
    assert AudienceRule.from_data(found.as_data()) == found
    reached = AudienceRule(reached_by=(3, 4))
    assert AudienceRule.from_data(reached.as_data()) == reached


# --- stays ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("from_on", "until_on", "is_there"),
    [
        (-30, None, True),
        (0, None, True),
        (-30, 0, True),
        (-30, 5, True),
        (-30, -1, False),
        (1, None, False),
        (1, 5, False),
    ],
)
def test_a_stay_counts_from_its_first_day_to_its_last(
    from_on: int, until_on: int | None, is_there: bool
) -> None:
    person = register(
        from_on=in_days(from_on), until_on=None if until_on is None else in_days(until_on)
    )
    assert people() == ({person.pk} if is_there else set())


def test_who_moved_or_went_home_is_not_there_any_more() -> None:
    moved, home = register(), register()
    entry = StayEntry(StayKind.RESIDENCE, "TR", "TR-34", "", in_days(0), None)
    move_person(actor=Actor.person(moved.pk), person=moved, entry=entry)
    person_went_home(actor=Actor.person(home.pk), person=home)
    assert people() == set()
    assert people(("TR", "TR-34")) == {moved.pk}


def test_a_traveller_counts_at_home_and_where_they_travel() -> None:
    person = register(area="LB-BA")
    open_stay(person, StayEntry(StayKind.TRAVEL, "TR", "TR-34", "", in_days(-1), in_days(3)))
    assert people(BEIRUT) == people(("TR", "TR-34")) == {person.pk}
    assert people(BEIRUT, ("TR", None)) == {person.pk}
    # Left out in one place, but in another one after all.
    assert people(("LB", None), ("TR", None), excluded=(BEIRUT,)) == {person.pk}


@committed
def test_how_somebody_is_counted_prefers_the_place_they_named_exactly() -> None:
    person = register(area=None)
    open_stay(person, StayEntry(StayKind.TRAVEL, "TR", "TR-34", "", in_days(-40), in_days(3)))
    dispatch = released(crisis(BEIRUT, ("TR", "TR-34")))
    addressing.freeze(dispatch.pk)
    assert AudienceMember.objects.get(dispatch=dispatch).area_id == "TR-34"
    assert Stay.objects.filter(registrant=person).count() == 2


# --- consents and contacts --------------------------------------------------------


def withdraw(person: Registrant, purpose: str) -> None:
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language="en",
        answers={purpose: False},
        channel="web",
        method="unticked-box",
    )


def test_only_agreed_channels_are_used() -> None:
    person = register(
        phones=[phone()],
        emails=["amal@people.example"],
        consents={"crisis_alert_sms": True, "crisis_alert_email": False},
    )
    silent = register(consents={})
    assert [found for found, _ in rows(AudienceRule((BEIRUT,)))] == [person.pk]
    assert silent.pk not in people()


def test_a_withdrawn_consent_ends_it_and_a_new_one_begins_it_again() -> None:
    person = register()
    withdraw(person, "crisis_alert_sms")
    assert people() == set()
    record_answers(
        actor=Actor.person(person.pk),
        subject_id=person.pk,
        language="en",
        answers={"crisis_alert_sms": True},
        channel="web",
        method="unticked-box",
    )
    assert people() == {person.pk}


def test_consent_to_something_else_is_no_consent_to_alerts() -> None:
    register(consents={"service_news": True, "crisis_alert_email": True})
    assert people() == set()


def test_restricted_people_and_removed_contacts_get_nothing() -> None:
    restricted = register()
    Registrant.objects.filter(pk=restricted.pk).update(restricted_at=timezone.now())
    removed = register(phones=[phone(), phone()])
    for point in list(removed.contacts.all())[:1]:
        remove_contact(
            actor=Actor.person(removed.pk), person=removed, point=point, proved_by=stood(point)
        )
    assert [found for found, _ in rows(AudienceRule((BEIRUT,)))] == [removed.pk]


def test_an_unconfirmed_contact_is_the_last_resort() -> None:
    never = register(is_confirmed=False)
    half = register(phones=[phone(), phone()])
    first, second = half.contacts.order_by("created_at")
    ContactPoint.objects.filter(pk=second.pk).update(confirmed_at=None)
    found = [person for person, _ in rows(AudienceRule((BEIRUT,)))]
    assert sorted(found) == sorted([never.pk, half.pk])
    assert first.confirmed_at is not None


def test_a_confirmed_contact_that_may_not_be_used_does_not_bar_the_other() -> None:
    person = register(
        phones=[phone()],
        emails=["amal@people.example"],
        consents={"crisis_alert_sms": True, "crisis_alert_email": False},
    )
    person.contacts.filter(channel=Channel.SMS).update(confirmed_at=None)
    assert people() == {person.pk}


@committed
def test_a_shared_phone_counts_everybody_and_is_written_to_once() -> None:
    shared = phone()
    family = {register(phones=[shared]).pk for _ in range(3)}
    assert people() == family
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    assert {m.registrant_id for m in AudienceMember.objects.filter(dispatch=dispatch)} == family
    sent = Delivery.objects.filter(dispatch=dispatch, shared_with_seq__isnull=True)
    assert sent.count() == 1
    assert Delivery.objects.filter(dispatch=dispatch, status=DeliveryStatus.SHARED).count() == 2


@pytest.mark.parametrize(
    ("first", "others", "expected"),
    [
        ("ar", (), "ar"),
        ("fr", ("ar",), "ar"),
        ("fr", ("es", "ar", "en"), "ar"),
        ("fr", (), "en"),
        ("pt", ("de",), "en"),
        ("en", ("ar",), "en"),
    ],
)
def test_people_get_the_first_of_their_languages_that_exists_else_the_chosen_one(
    first: str, others: tuple[str, ...], expected: str
) -> None:
    register(language="en" if first == "pt" else first, other_languages=others)
    Registrant.objects.update(language=first)
    assert [language for _, language in rows(AudienceRule((BEIRUT,)))] == [expected]


# --- those an earlier message reached -------------------------------------------------


@committed
def test_a_correction_goes_to_exactly_those_who_were_reached() -> None:
    reached, failed, waiting, skipped = (register() for _ in range(4))
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    for person, status in (
        (reached, DeliveryStatus.HANDED_OVER),
        (failed, DeliveryStatus.FAILED),
        (waiting, DeliveryStatus.QUEUED),
        (skipped, DeliveryStatus.SKIPPED),
    ):
        Delivery.objects.filter(dispatch=dispatch, registrant_id=person.pk).update(status=status)
    # Whoever came later was not reached; whoever left since was.
    register()
    person_went_home(actor=Actor.person(reached.pk), person=reached)
    assert {p for p, _ in rows(AudienceRule(reached_by=(dispatch.pk,)))} == {reached.pk}
    Delivery.objects.filter(dispatch=dispatch, registrant_id=failed.pk).update(
        status=DeliveryStatus.DELIVERED
    )
    Delivery.objects.filter(dispatch=dispatch, registrant_id=waiting.pk).update(
        status=DeliveryStatus.UNKNOWN
    )
    found = {p for p, _ in rows(AudienceRule(reached_by=(dispatch.pk,)))}
    assert found == {reached.pk, failed.pk, waiting.pk}


@committed
def test_those_who_share_a_reached_address_were_reached() -> None:
    shared = phone()
    family = {register(phones=[shared]).pk for _ in range(2)}
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    Delivery.objects.filter(dispatch=dispatch, shared_with_seq__isnull=True).update(
        status=DeliveryStatus.HANDED_OVER
    )
    assert {p for p, _ in rows(AudienceRule(reached_by=(dispatch.pk,)))} == family


def test_consents_are_looked_up_person_by_person_in_the_index() -> None:
    """On a large register the planner once read every consent again for each person placed."""
    register()
    sql, parameters = reachable_sql(AudienceRule((BEIRUT,)))
    parameters |= {"first": None, "end": None, "languages": ["en"], "fallback": "en"}
    with connection.cursor() as cursor:
        # Consents of many people, and statistics that say so, whatever ran before.
        cursor.execute(
            """
            INSERT INTO consent_consentevent
            SELECT copied.* FROM generate_series(1, 20000) AS number,
                   LATERAL (SELECT * FROM consent_consentevent ORDER BY id LIMIT 1) AS one,
                   LATERAL jsonb_populate_record(
                       NULL::consent_consentevent,
                       to_jsonb(one) || jsonb_build_object(
                           'id', one.id + 1000000 + number, 'event_id', gen_random_uuid(),
                           'record_id', gen_random_uuid(), 'subject_id', gen_random_uuid()
                       )) AS copied
            """
        )
        cursor.execute("ANALYZE consent_consentevent")
        cursor.execute(f"EXPLAIN {sql}", parameters)
        plan = [line for (line,) in cursor.fetchall()]
    looks = [number for number, line in enumerate(plan) if "on consent_consentevent" in line]
    assert len(looks) == 1
    assert "Index" in plan[looks[0]]
    assert "subject_id = " in plan[looks[0] + 1]
