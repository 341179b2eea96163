"""Consent: what counts, what ends it, and that nobody can bend the record."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.recording import Actor
from consent.loading import load_purposes
from consent.models import ConsentEvent, ConsentState, LiveConsent, NoticeText, Purpose
from consent.services import choices_for, core_notice, current_states, record_answers
from encryption.identifiers import new_id

pytestmark = pytest.mark.django_db

SMS = "crisis_alert_sms"


def answer(subject_id, said_yes: bool, *, purpose: str = SMS, language: str = "en"):
    return record_answers(
        actor=Actor.person(subject_id),
        subject_id=subject_id,
        language=language,
        answers={purpose: said_yes},
        channel="web",
        method="unticked-box",
    )


def is_live(subject_id, purpose: str = SMS) -> bool:
    return LiveConsent.objects.filter(subject_id=subject_id, purpose_code=purpose).exists()


def test_silence_is_no_consent() -> None:
    assert not is_live(new_id())


def test_yes_is_live_with_its_proof_and_no_ends_it() -> None:
    person = new_id()
    (event,) = answer(person, True)
    assert LiveConsent.objects.get(subject_id=person).proof_id == event.pk
    (event,) = answer(person, False)
    assert event.state == ConsentState.WITHDRAWN
    assert not is_live(person)


def test_a_first_no_is_a_refusal_and_a_second_yes_a_renewal() -> None:
    person = new_id()
    states = [answer(person, yes)[0].state for yes in (False, True, True, False, False)]
    assert states == ["refused", "given", "renewed", "withdrawn", "refused"]


def test_one_purpose_says_nothing_about_another() -> None:
    person = new_id()
    answer(person, True)
    assert not is_live(person, "crisis_alert_email")
    assert current_states(person) == {SMS: ConsentState.GIVEN}


def test_a_material_change_of_words_ends_older_consents_at_once() -> None:
    person = new_id()
    answer(person, True)
    Purpose.objects.filter(code=SMS).update(version=2)
    assert is_live(person), "a correction of words changes nothing"
    Purpose.objects.filter(code=SMS).update(material_version=2)
    assert not is_live(person)


def test_a_consent_runs_out() -> None:
    person = new_id()
    years_ago = timezone.now() - datetime.timedelta(days=1200)
    with time_machine.travel(years_ago, tick=True):
        answer(person, True)
    assert not is_live(person)


def test_every_event_carries_what_a_court_asks_for() -> None:
    person = new_id()
    (event,) = answer(person, True, language="ar")
    notice = NoticeText.objects.get(pk=event.notice_id)
    assert event.notice_sha256 == notice.sha256
    assert notice.language == event.language == event.language_asked == "ar"
    assert event.basis == "6.1.a"
    assert event.schema_version and event.app_build and event.rendered_sha256
    assert event.valid_until > event.occurred_at
    assert (event.event_type, event.method, event.channel) == ("explicit", "unticked-box", "web")


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_every_purpose_has_its_words_in_every_language(language: str) -> None:
    optional = Purpose.objects.filter(is_optional=True)
    choices = choices_for(language)
    assert {choice.purpose.pk for choice in choices} == set(optional.values_list("pk", flat=True))
    assert all(choice.notice.language == language for choice in choices)
    assert core_notice(language).language == language


def test_loading_the_purposes_again_changes_nothing() -> None:
    before = list(NoticeText.objects.order_by("pk").values_list("pk", "sha256"))
    load_purposes(Purpose, NoticeText)
    assert list(NoticeText.objects.order_by("pk").values_list("pk", "sha256")) == before


def test_changed_words_without_a_new_version_are_refused(monkeypatch) -> None:
    monkeypatch.setattr("consent.loading.notice_digest", lambda title, sentence: "0" * 64)
    with pytest.raises(ValueError, match="without a new version"):
        load_purposes(Purpose, NoticeText)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["consent_consentevent", "consent_noticetext"])
@pytest.mark.parametrize(
    "verb", ["UPDATE {} SET language = 'xx'", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_events_and_words_are_never_changed(table: str, verb: str) -> None:
    answer(new_id(), True)
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(verb.format(table))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "fr"), ("method", "pre-ticked"), ("event_type", "implied")],
)
def test_the_database_refuses_what_is_no_consent(field: str, value: str) -> None:
    person = new_id()
    (event,) = answer(person, True)
    event.pk = None
    event.event_id = new_id()
    setattr(event, field, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        event.save(force_insert=True)


def test_no_event_can_hold_an_address_a_place_or_free_text() -> None:
    names = {field.name for field in ConsentEvent._meta.get_fields()}
    assert not names & {"ip", "ip_address", "user_agent", "place", "location", "note", "comment"}


class TestAgainstAnOracle(TestCase):
    """Whatever the order of answers, the last one counts."""

    databases = {"default", "keys"}

    @hypothesis_settings(max_examples=40)
    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from([SMS, "service_news"]), st.booleans()),
            max_size=12,
        )
    )
    def test_the_view_equals_the_last_answers(self, said) -> None:
        people = [new_id() for _ in range(3)]
        oracle: dict[tuple[object, str], bool] = {}
        for who, purpose, yes in said:
            answer(people[who], yes, purpose=purpose)
            oracle[people[who], purpose] = yes
        live = set(
            LiveConsent.objects.filter(subject_id__in=people).values_list(
                "subject_id", "purpose_code"
            )
        )
        assert live == {key for key, yes in oracle.items() if yes}
