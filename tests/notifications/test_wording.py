"""What we add to the ministry's words, what lies ready, and what people will read."""

from __future__ import annotations

import pytest
from django.conf import settings

from notifications.codes import spelled
from notifications.links import answer_link
from notifications.models import BroadcastKind
from notifications.prepared_texts import prepared_texts
from notifications.previewing import (
    TextEntry,
    frozen_texts,
    names_a_place,
    preview_text,
    preview_texts,
    sample_link,
    typed_texts,
)
from notifications.rendering import check_placeholders, validate_subject
from notifications.segmenting import segment
from notifications.wording import broadcast_text
from tests.people import crisis, register, submitted

pytestmark = pytest.mark.django_db

WORDS = {"subject": "Fire in Beirut", "email_body": "Stay inside.", "sms_body": "Beirut: stay in."}
LANGUAGES = [code for code, _ in settings.LANGUAGES]
LIVE = (BroadcastKind.ALERT, BroadcastKind.UPDATE)
CORRECTING = (BroadcastKind.CANCEL, BroadcastKind.ALL_CLEAR)


def text_of(kind: BroadcastKind, *, is_exercise: bool = False, **words: str) -> dict[str, str]:
    return broadcast_text(language="en", kind=kind, is_exercise=is_exercise, **{**WORDS, **words})


@pytest.mark.parametrize("kind", LIVE)
def test_an_alert_asks_whether_people_are_safe(kind: BroadcastKind) -> None:
    text = text_of(kind)
    assert text["sms"].startswith("Beirut: stay in.")
    assert text["sms"].count("{link}") == text["email"].count("{link}") == 1


@pytest.mark.parametrize("kind", CORRECTING)
def test_a_correction_asks_nothing(kind: BroadcastKind) -> None:
    text = text_of(kind)
    assert "{link}" not in text["sms"]
    assert "{link}" not in text["email"]


def test_a_link_the_author_put_in_is_not_repeated() -> None:
    text = text_of(BroadcastKind.ALERT, sms_body="Beirut: tell us {link}")
    assert text["sms"] == "Beirut: tell us {link}"
    assert text["email"].count("{link}") == 1


@pytest.mark.parametrize("kind", BroadcastKind)
def test_an_exercise_says_so_first_in_every_part(kind: BroadcastKind) -> None:
    text = text_of(kind, is_exercise=True)
    assert text["subject"].startswith("[EXERCISE]")
    assert text["email"].startswith("EXERCISE")
    assert text["sms"].startswith("EXERCISE")
    assert all("EXERCISE" not in part for part in text_of(kind).values())


def test_registration_is_never_taken_for_rescue() -> None:
    assert "not a promise of rescue" in text_of(BroadcastKind.ALERT)["email"]


@pytest.mark.parametrize("is_exercise", [False, True])
@pytest.mark.parametrize("kind", BroadcastKind)
def test_prepared_words_can_leave_as_they_are(kind: BroadcastKind, is_exercise: bool) -> None:
    in_crisis = crisis(("LB", "LB-BA"), is_exercise=is_exercise)
    texts = prepared_texts(in_crisis, kind)
    # A real alert is about something nobody could have written before.
    assert bool(texts) is (is_exercise or kind in CORRECTING)
    for language, words in texts.items():
        validate_subject(words["subject"])
        check_placeholders(words["email"], {"link"})
        entry = TextEntry(words["subject"], words["email"], words["sms"])
        shown = preview_text(in_crisis, kind, language, entry)
        assert not shown.is_too_long
        assert shown.names_a_place
    assert set(texts) in (set(), set(LANGUAGES))


def test_prepared_words_of_an_exercise_are_not_those_of_a_crisis() -> None:
    real, drill = crisis(), crisis(is_exercise=True)
    for kind in CORRECTING:
        ours = {words["sms"] for words in prepared_texts(real, kind).values()}
        assert ours.isdisjoint(words["sms"] for words in prepared_texts(drill, kind).values())


# --- previews -------------------------------------------------------------------------


def test_what_is_previewed_and_counted_is_what_leaves() -> None:
    register()
    in_crisis = crisis()
    broadcast = submitted(in_crisis)
    # The code is known only once the message is; its sample is as long.
    own, sample = spelled(broadcast.code), "0000-ABCD"
    frozen = {
        language: {part: text.replace(own, sample) for part, text in texts.items()}
        for language, texts in frozen_texts(broadcast).items()
    }
    for shown in preview_texts(in_crisis, broadcast.kind, typed_texts(broadcast)):
        left = frozen[shown.language]
        assert shown.sms == left["sms"].replace("{link}", sample_link())
        assert shown.email == left["email"].replace("{link}", sample_link())
        assert shown.subject == left["subject"]
        assert shown.segmentation == segment(shown.sms)
    assert set(frozen) == {"en", "ar"}


def test_the_sample_link_is_as_long_as_a_real_one_and_opens_nothing() -> None:
    assert len(sample_link()) == len(answer_link(1, 1))
    real = segment(answer_link(123, 456))
    sample = segment(sample_link())
    assert (real.units_used, real.encoding) == (sample.units_used, sample.encoding)


def test_a_text_with_a_stray_brace_is_left_to_its_field() -> None:
    texts = {"en": TextEntry("Fire", "Stay { inside", "Fire"), "fr": TextEntry("", "", "")}
    assert preview_texts(crisis(), BroadcastKind.ALERT, texts) == []


@pytest.mark.parametrize(
    ("language", "sms", "mail", "is_named"),
    [
        ("en", "Beirut: stay inside", "Fire in beirut", True),
        ("en", "Stay inside", "Fire in Beirut", False),
        ("en", "Beirut: stay inside", "Fire", False),
        ("en", "Lebanon: stay inside", "Fire in Lebanon", True),
        ("en", "Istanbul: stay inside", "Fire in Istanbul", False),
        ("fr", "Beyrouth : restez chez vous", "Incendie à Beyrouth", True),
        ("fr", "Beirut", "Beirut", False),
        ("ar", "حريق ببيروت", "حريق في بيروت", True),
        ("ar", "ابقوا في الداخل", "حريق في بيروت", False),
    ],
)
def test_both_sms_and_mail_must_name_an_affected_place(
    language: str, sms: str, mail: str, is_named: bool
) -> None:
    entry = TextEntry(mail, "…", sms)
    assert names_a_place(crisis(("LB", "LB-BA")), language, entry) is is_named


def test_a_left_out_place_and_the_middle_of_a_word_name_nothing() -> None:
    in_crisis = crisis(("GB", None), excluded=[("GB", "GB-LND")])
    assert not names_a_place(in_crisis, "en", TextEntry("London", "London", "London"))
    ain = crisis(("FR", "FR-01"))
    # "Ain" stands in "rain" and "again".
    assert not names_a_place(ain, "en", TextEntry("Rain again", "Rain", "Rain again"))
    assert names_a_place(ain, "en", TextEntry("Rain in Ain", "Rain", "Ain: rain"))
