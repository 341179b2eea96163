"""Counting an audience before anybody decides: exact where it can be, a range where it cannot."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications import addressing
from notifications.audiences import AudienceRule
from notifications.counting import AudiencePreview, LanguageCount, preview
from notifications.estimating import Estimate, Weights, estimate_of
from notifications.models import Delivery
from registry.decaying import HALF_LIVES
from registry.models import ContactPoint, Registrant, Stay, StayKind, StayObservation
from tests.people import crisis, phone, register, released

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

BEIRUT = ("LB", "LB-BA")


def count(
    *included: tuple[str, str | None], languages: tuple[str, ...] = ("en", "ar")
) -> AudiencePreview:
    with transaction.atomic(), connection.cursor() as cursor:
        return preview(cursor.cursor, AudienceRule(included or (BEIRUT,)), languages, "en")


def confirmed(days_ago: float, *people: Registrant, kind: StayKind = StayKind.RESIDENCE) -> None:
    at = timezone.now() - datetime.timedelta(days=days_ago)
    Stay.objects.filter(registrant__in=people).update(last_confirmed_at=at, kind=kind)


def test_nobody_is_nobody() -> None:
    found = count()
    assert (found.placed, found.reachable, found.sms, found.emails) == (0, 0, 0, 0)
    assert found.there == found.reached == Estimate(0, 0, 0)
    assert (found.by_area, found.by_language, found.fallback_languages) == ({}, {}, {})


def test_everybody_placed_is_reachable_or_has_a_reason_not_to_be() -> None:
    register()
    register(consents={})
    register(consents={"crisis_alert_email": True})
    restricted = register()
    Registrant.objects.filter(pk=restricted.pk).update(restricted_at=timezone.now())
    gone = register()
    ContactPoint.objects.filter(registrant=gone).update(removed_at=timezone.now())
    found = count()
    assert (found.placed, found.reachable, found.not_agreed, found.no_contact) == (5, 1, 2, 2)


def test_messages_are_counted_as_they_would_leave() -> None:
    shared = phone()
    register(phones=[shared], language="en")
    register(phones=[shared], language="ar")
    register(phones=[phone()], emails=["a@people.example"], language="ar")
    register(phones=[], emails=["b@people.example"], language="fr")
    found = count()
    assert found.by_language == {
        "ar": LanguageCount(people=2, sms=1, emails=1),
        "en": LanguageCount(people=2, sms=1, emails=1),
    }
    assert (found.reachable, found.sms, found.emails) == (4, 2, 2)


def test_who_gets_a_language_that_is_not_theirs_is_told_by_language() -> None:
    register(language="fr")
    register(language="fr", other_languages=("ar",))
    register(language="es")
    register(language="es", consents={})
    found = count()
    assert found.fallback_languages == {"es": 1, "fr": 1}
    assert found.fallback == 2
    assert count(languages=("en", "fr", "es")).fallback == 0


def test_places_are_counted_each_and_vague_people_apart() -> None:
    register(area="LB-BA")
    register(area="LB-BA", consents={})
    register(area=None)
    register(area="LB-JL")
    found = count()
    assert {code: (one.placed, one.reachable) for code, one in found.by_area.items()} == {
        "LB-BA": (2, 1),
        "LB": (1, 1),
    }
    assert found.vague == 1
    # One of the two others who named an area named this one, and of three who did, two.
    assert found.there == Estimate(2, 3, 3)
    assert count(("LB", None)).vague == 0


def test_a_stay_confirmed_long_ago_counts_less_and_a_journey_least() -> None:
    people = [register() for _ in range(20)]
    confirmed(0, *people)
    fresh = count()
    assert fresh.there.likely == fresh.reached.likely == 20
    confirmed(HALF_LIVES[StayKind.RESIDENCE], *people)
    old = count()
    assert old.there.likely == 10
    assert old.there.low < 10 < old.there.high
    confirmed(HALF_LIVES[StayKind.TRAVEL] * 2, *people, kind=StayKind.TRAVEL)
    assert count().there.likely == 5
    # The exact number is what it is: they all get the message.
    assert count().reachable == 20


def test_what_people_answered_moves_the_range_and_narrows_it() -> None:
    people = [register() for _ in range(20)]
    confirmed(700, *people)
    guessed = count().there
    StayObservation.objects.bulk_create(
        StayObservation(
            kind=StayKind.RESIDENCE,
            is_dated=False,
            country_id="LB",
            age_days=700,
            is_there=number % 4 == 0,
            on=timezone.localdate(),
        )
        for number in range(400)
    )
    taught = count().there
    assert abs(taught.likely - 5) <= 1
    assert taught.likely < guessed.likely
    assert taught.high < guessed.high
    # Of another kind of stay nothing was learned.
    Stay.objects.update(kind=StayKind.WORK)
    before = count().there
    StayObservation.objects.all().delete()
    assert count().there == before


def test_a_contact_that_never_answered_is_no_sure_way() -> None:
    register(is_confirmed=False)
    bounced = register()
    ContactPoint.objects.filter(registrant=bounced).update(bounced_at=timezone.now())
    found = count()
    assert found.reachable == 2
    assert found.there.low == 2
    assert found.reached.low == 0


_share = st.floats(0, 1)


@given(st.lists(st.tuples(_share, st.booleans(), st.booleans(), _share), max_size=60))
def test_low_likely_and_high_stand_in_order(people: list[tuple[float, bool, bool, float]]) -> None:
    """Oracle for what the SQL sums: weight, whether vague, whether surely reached, share."""
    sure = [w for w, is_vague, is_sure, _ in people if is_sure and not is_vague]
    weights = [w for w, *_ in people]
    found = estimate_of(
        [
            Weights(
                people=len(people),
                sure=sum(sure),
                sure_low=sum(w**2 for w in sure),
                sure_variance=sum(w * (1 - w) for w in sure),
                inside=sum(w * (share if is_vague else 1) for w, is_vague, _, share in people),
                whole=sum(weights),
                high=sum(w**0.5 for w in weights),
                variance=sum(w * (1 - w) for w in weights),
            )
        ]
    )
    assert 0 <= found.low <= found.likely <= found.high <= len(people)


@committed
def test_what_is_counted_is_what_is_written() -> None:
    shared = phone()
    for language in ("en", "ar", "fr"):
        register(phones=[shared], language=language)
        register(phones=[phone()], emails=[f"{language}@people.example"], language=language)
    register(area=None, language="es")
    register(consents={})
    found = count()
    dispatch = released(crisis())
    addressing.freeze(dispatch.pk)
    dispatch.refresh_from_db()
    assert dispatch.member_count == found.reachable == 7
    sent = Delivery.objects.filter(dispatch=dispatch, shared_with_seq__isnull=True)
    assert sent.count() == found.sms + found.emails == 8
    assert {language: sent.filter(language=language).count() for language in ("en", "ar")} == {
        language: one.sms + one.emails for language, one in found.by_language.items()
    }
