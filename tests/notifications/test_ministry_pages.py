"""The ministry's pages over HTTP: who gets in, what they show, what they refuse."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Mandate, Role
from crises.models import Crisis
from encryption.identifiers import new_id
from notifications.models import (
    AudienceMember,
    Broadcast,
    BroadcastKind,
    BroadcastState,
    Dispatch,
    DispatchState,
)
from tests.accounts.signing_in import sign_in
from tests.crises.test_overriding import asked
from tests.people import crisis as crisis_in
from tests.people import register, released, staff, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def author() -> Client:
    return sign_in(staff(Role.AUTHOR))


@pytest.fixture
def approver() -> Client:
    return sign_in(staff(Role.APPROVER))


def words_of(response: Any) -> str:
    """Return what a page says, without its markup."""
    text = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def url(name: str, *args: object) -> str:
    return reverse(f"ministry:{name}", args=args)


def typed(**changes: str) -> dict[str, str]:
    """Return a complete broadcast form, in English alone."""
    return {
        "severity": "Severe",
        "urgency": "Immediate",
        "certainty": "Observed",
        "valid_hours": "24",
        "expected_count": "10",
        "fallback_language": "en",
        "subject_en": "Fire in Beirut",
        "sms_en": "Beirut: stay inside.",
        "email_en": "There is a fire in Beirut. Stay inside.",
        **changes,
    }


# --- who gets in ----------------------------------------------------------------------


def every_page() -> dict[str, str]:
    """Return each page of the ministry with rows behind it, by name."""
    register()
    in_crisis = crisis_in()
    waiting = submitted(in_crisis)
    sent = released(in_crisis).broadcast
    assert sent is not None
    place = in_crisis.areas.get()
    override = asked(in_crisis)
    return {
        "crisis-list": url("crisis-list"),
        "crisis-open": url("crisis-open"),
        "exercise-open": url("exercise-open"),
        "crisis-show": url("crisis-show", in_crisis.public_id),
        "crisis-level": url("crisis-level", in_crisis.public_id),
        "crisis-estimate": url("crisis-estimate", in_crisis.public_id),
        "crisis-promise": url("crisis-promise", in_crisis.public_id),
        "crisis-close": url("crisis-close", in_crisis.public_id),
        "crisis-places": url("crisis-places", in_crisis.public_id),
        "place-remove": url("place-remove", in_crisis.public_id, place.pk),
        "broadcast-write": url("broadcast-write", in_crisis.public_id, "alert"),
        "approval-list": url("approval-list"),
        "broadcast-show": url("broadcast-show", waiting.public_id),
        "broadcast-edit": url("broadcast-edit", waiting.public_id),
        "broadcast-submit": url("broadcast-submit", waiting.public_id),
        "broadcast-approve": url("broadcast-approve", waiting.public_id),
        "broadcast-return": url("broadcast-return", waiting.public_id),
        "correction-write": url("correction-write", sent.public_id, "cancel"),
        "board-show": url("board-show", sent.public_id),
        "board-numbers": url("board-numbers", sent.public_id),
        "board-steer": url("board-steer", sent.public_id, "stop"),
        "help-list": url("help-list", sent.public_id),
        "override-ask": url("override-ask", in_crisis.public_id),
        "engine-show": url("engine-show"),
        "override-list": url("override-list"),
        **{
            f"override-{act}": url(f"override-{act}", override.public_id)
            for act in ("show", "approve", "end", "review")
        },
    }


# 200: seen; 302: led elsewhere; 403: told why not; 404: not there for them; 405: only by POST.
_FOR_AUTHORS = {
    "place-remove": 405,
    "broadcast-edit": 302,
    "broadcast-submit": 405,
    "broadcast-approve": 403,
    "broadcast-return": 405,
    "correction-write": 405,
    "override-approve": 404,
    "override-end": 405,
    "override-review": 404,
}
_FOR_APPROVERS = {
    **dict.fromkeys(
        (
            *("crisis-open", "exercise-open", "crisis-level", "crisis-estimate", "crisis-close"),
            *("crisis-places", "place-remove", "broadcast-write", "broadcast-edit"),
            *("broadcast-submit", "correction-write", "crisis-promise"),
            *("override-ask", "override-review"),
        ),
        404,
    ),
    "broadcast-return": 405,
    "override-approve": 405,
    "override-end": 405,
}
# Who looks at overrides again sees these and nothing else here.
_FOR_REVIEWERS = {"override-list": 200, "override-show": 200, "override-review": 405}


def test_the_table_below_names_every_page() -> None:
    from notifications.urls.ministry import urlpatterns

    assert {pattern.name for pattern in urlpatterns} == set(every_page())


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.AUTHOR, _FOR_AUTHORS),
        (Role.APPROVER, _FOR_APPROVERS),
        (Role.OFFICER, None),
        (Role.AUDITOR, None),
        (Role.DATA_PROTECTION, None),
    ],
)
def test_each_role_sees_its_pages_and_no_others(
    role: Role, expected: dict[str, int] | None
) -> None:
    pages = every_page()
    client = sign_in(staff(role))
    found = {name: client.get(address).status_code for name, address in pages.items()}
    wanted = {name: 404 if expected is None else expected.get(name, 200) for name in pages}
    if role == Role.DATA_PROTECTION:
        wanted |= _FOR_REVIEWERS
    assert found == wanted


def test_strangers_are_led_to_the_sign_in() -> None:
    for name, address in every_page().items():
        for response in (Client().get(address), Client().post(address)):
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("account_login")), name


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.DATA_PROTECTION])
def test_others_cannot_act_by_post_either(role: Role) -> None:
    pages = every_page()
    if role == Role.DATA_PROTECTION:
        pages = {name: page for name, page in pages.items() if name not in _FOR_REVIEWERS}
    client = sign_in(staff(role))
    before = (Crisis.objects.count(), Broadcast.objects.count(), Dispatch.objects.count())
    assert {client.post(address).status_code for address in pages.values()} == {404}
    assert before == (Crisis.objects.count(), Broadcast.objects.count(), Dispatch.objects.count())


def test_made_up_ids_and_kinds_are_not_found(author: Client) -> None:
    in_crisis = crisis_in()
    for address in (
        url("crisis-show", new_id()),
        url("broadcast-show", new_id()),
        url("board-show", new_id()),
        url("broadcast-write", in_crisis.public_id, "nonsense"),
        url("broadcast-write", in_crisis.public_id, "cancel"),
        # Nothing was sent that could be updated.
        url("broadcast-write", in_crisis.public_id, "update"),
    ):
        assert author.get(address).status_code == 404, address


# --- crises ---------------------------------------------------------------------------


def test_real_crises_and_exercises_stand_apart(author: Client) -> None:
    real, drill = crisis_in(), crisis_in(is_exercise=True)
    Crisis.objects.filter(pk=drill.pk).update(title="Spring drill")
    page = author.get(url("crisis-list"))
    words = words_of(page)
    before, after = words.split("EXERCISE", 1)
    assert real.title in before
    assert "Spring drill" not in before
    assert "Spring drill" in after


def test_an_empty_list_says_so(author: Client) -> None:
    words = words_of(author.get(url("crisis-list")))
    assert "No open crisis" in words
    assert "No open exercise" in words


def test_a_crisis_is_opened_with_its_places(author: Client) -> None:
    data = {"title": "Flood", "level": "4", "places": "Beirut, TR-34"}
    response = author.post(url("crisis-open"), data, follow=True)
    opened = Crisis.objects.get()
    assert (opened.title, opened.level, opened.is_exercise) == ("Flood", 4, False)
    assert opened.areas.count() == 2
    words = words_of(response)
    assert "REAL CRISIS" in words
    assert "Istanbul" in words


def test_what_was_typed_stays_when_a_place_is_unknown(author: Client) -> None:
    data = {"title": "Flood in Atlantis", "level": "4", "places": "Beirut, Atlantis"}
    page = author.post(url("crisis-open"), data)
    content = page.content.decode()
    assert "We do not know the place “Atlantis”" in content
    assert 'value="Flood in Atlantis"' in content
    assert "Beirut, Atlantis</textarea>" in content
    assert not Crisis.objects.exists()


def test_an_exercise_says_so_on_every_one_of_its_pages() -> None:
    register()
    drill = crisis_in(is_exercise=True)
    waiting = submitted(drill)
    sent = released(drill).broadcast
    assert sent is not None
    own = staff(Role.AUTHOR)
    Mandate.objects.create(user=own, role=Role.APPROVER)
    client = sign_in(own)
    pages = [
        url("exercise-open"),
        *(
            url(name, drill.public_id)
            for name in (
                *("crisis-show", "crisis-level", "crisis-estimate", "crisis-close"),
                "crisis-places",
            )
        ),
        url("broadcast-write", drill.public_id, "alert"),
        url("broadcast-show", waiting.public_id),
        url("broadcast-approve", waiting.public_id),
        url("board-show", sent.public_id),
        url("board-steer", sent.public_id, "stop"),
        url("help-list", sent.public_id),
    ]
    for address in pages:
        page = client.get(address)
        assert page.status_code == 200, address
        content = page.content.decode()
        assert "is-exercise" in content, address
        assert "EXERCISE" in re.search(r"<title>(.*?)</title>", content, re.S)[1], address  # type: ignore[index]
        assert "EXERCISE" in words_of(page).split("Skip to the main part", 1)[1], address
        assert "REAL" not in content, address


def test_a_real_crisis_never_shows_the_word_exercise_as_its_own(author: Client) -> None:
    in_crisis = crisis_in()
    for name in ("crisis-show", "crisis-places", "crisis-level", "crisis-close"):
        content = author.get(url(name, in_crisis.public_id)).content.decode()
        assert "is-exercise" not in content
        assert "REAL CRISIS" in content


def test_places_are_ticked_typed_left_out_and_removed(author: Client) -> None:
    in_crisis = crisis_in(("LB", None))
    address = url("crisis-places", in_crisis.public_id)
    page = author.get(address, {"country": "GB"})
    assert "All of United Kingdom" in words_of(page)
    ticked = {"which": "areas", "areas": ["GB-LND", "GB-SCT"], "side": "affected"}
    author.post(f"{address}?country=GB", ticked)
    author.post(address, {"which": "typed", "places": "Istanbul", "side": "affected"})
    author.post(address, {"which": "typed", "places": "Beirut", "side": "left-out"})
    rows = set(in_crisis.areas.values_list("country_id", "area_id", "is_excluded"))
    assert rows == {
        ("LB", None, False),
        ("GB", "GB-LND", False),
        ("GB", "GB-SCT", False),
        ("TR", "TR-34", False),
        ("LB", "LB-BA", True),
    }
    row = in_crisis.areas.get(area_id="GB-LND")
    author.post(url("place-remove", in_crisis.public_id, row.pk))
    assert not in_crisis.areas.filter(area_id="GB-LND").exists()


def test_a_place_that_is_not_inside_cannot_be_left_out(author: Client) -> None:
    in_crisis = crisis_in(("LB", "LB-BA"))
    data = {"which": "typed", "places": "Istanbul", "side": "left-out"}
    page = author.post(url("crisis-places", in_crisis.public_id), data)
    assert "is not a part of an affected place" in words_of(page)
    assert in_crisis.areas.count() == 1


def test_closing_asks_once_and_waits_for_messages(author: Client) -> None:
    register()
    in_crisis = crisis_in()
    submitted(in_crisis)
    address = url("crisis-close", in_crisis.public_id)
    assert "Close this crisis?" in words_of(author.get(address))
    page = author.post(address)
    assert "waiting for approval" in words_of(page)
    Broadcast.objects.update(state=BroadcastState.RETURNED)
    assert author.post(address).status_code == 302
    in_crisis.refresh_from_db()
    assert in_crisis.closed_at is not None
    # Whoever still has the page open is told, not shown an error.
    assert author.post(address).status_code == 403


# --- writing --------------------------------------------------------------------------


def test_a_draft_is_written_and_shows_whom_it_reaches(author: Client) -> None:
    for language in ("en", "ar", "fr"):
        register(language=language)
    register(consents={})
    in_crisis = crisis_in()
    address = url("broadcast-write", in_crisis.public_id, "alert")
    page = author.post(address, typed(), follow=True)
    words = words_of(page)
    assert "The message is sent to 3 people" in words
    assert "2 people have none of the languages you wrote in" in words
    assert "These are registered people only" in words
    assert "Safe or need help?" in words
    draft = Broadcast.objects.get()
    assert (draft.state, draft.expected_count) == (BroadcastState.DRAFT, 10)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subject_en": ""}, "Write the subject too"),
        ({"email_en": ""}, "Write the e-mail text too"),
        ({"sms_en": ""}, "Write the SMS text too"),
        ({"subject_en": "", "sms_en": "", "email_en": ""}, "Write the text in at least one"),
        ({"fallback_language": ""}, "Choose the language everybody else gets."),
        ({"fallback_language": "fr"}, "There is no text in this language."),
        ({"expected_count": ""}, "Type a rough number."),
        ({"expected_count": "many"}, "Type a whole number"),
        ({"severity": ""}, "Choose how bad it is."),
        ({"urgency": "Someday"}, "Select a valid choice"),
        ({"valid_hours": "5"}, "Select a valid choice"),
        ({"sms_en": "Beirut: {name}"}, "We cannot fill in {name}"),
        ({"email_en": "Beirut { stay"}, "Use { and } only around"),
        ({"subject_en": "Fire {link}"}, "it cannot hold { or }"),
        ({"subject_en": "F" * 121}, "must be 120 characters or shorter"),
        ({"sms_en": "Beirut " * 85}, "SMS parts, with the lines we add"),
        ({"sms_en": "بيروت " * 45}, "SMS parts, with the lines we add"),
        ({"sms_fr": "Beyrouth"}, "leave all of Français empty"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_typed_is_lost(
    author: Client, changes: dict[str, str], message: str
) -> None:
    data = typed(**changes)
    page = author.post(url("broadcast-write", crisis_in().public_id, "alert"), data)
    assert page.status_code == 200
    assert message in words_of(page).replace("&#x27;", "'")
    assert not Broadcast.objects.exists()
    form = page.context["form"]
    for name in ("subject_en", "sms_en", "email_en", "sms_fr"):
        assert (form[name].value() or "") == data.get(name, "")


def test_a_preview_saves_nothing_with_script_and_without(author: Client) -> None:
    address = url("broadcast-write", crisis_in().public_id, "alert")
    data = typed(preview="yes", fallback_language="", sms_en="Stay inside.")
    whole = author.post(address, data)
    part = author.post(address, data, headers={"HX-Request": "true"})
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    for page in (whole, part):
        content = page.content.decode()
        assert 'id="parts-en"' in content
        assert "<strong>1</strong> part" in content
        assert "No affected place is named." in content
        assert "sample-link-not-in-use" in content
    assert not Broadcast.objects.exists()


def test_an_exercise_begins_with_its_own_words(author: Client) -> None:
    drill = crisis_in(is_exercise=True)
    page = author.get(url("broadcast-write", drill.public_id, "alert"))
    assert "we are practising" in page.content.decode()
    real = author.get(url("broadcast-write", crisis_in().public_id, "alert"))
    assert "practising" not in real.content.decode()


def test_a_text_without_its_place_needs_a_tick(author: Client) -> None:
    register()
    in_crisis = crisis_in()
    data = typed(sms_en="Stay inside.")
    author.post(url("broadcast-write", in_crisis.public_id, "alert"), data)
    draft = Broadcast.objects.get()
    address = url("broadcast-submit", draft.public_id)
    page = author.post(address, {})
    assert "Write the name of the place into every text, or tick this box." in words_of(page)
    author.post(address, {"without_place": "on"})
    draft.refresh_from_db()
    assert draft.state == BroadcastState.SUBMITTED


def test_twice_as_many_people_as_expected_are_stopped_until_corrected(author: Client) -> None:
    for _ in range(3):
        register()
    in_crisis = crisis_in()
    author.post(url("broadcast-write", in_crisis.public_id, "alert"), typed(expected_count="1"))
    draft = Broadcast.objects.get()
    page = author.post(url("broadcast-submit", draft.public_id))
    assert "more than twice the 1 you expected" in words_of(page)
    author.post(url("broadcast-edit", draft.public_id), typed(expected_count="3"))
    author.post(url("broadcast-submit", draft.public_id))
    draft.refresh_from_db()
    assert draft.state == BroadcastState.SUBMITTED


def test_another_author_sees_a_draft_but_cannot_change_it(author: Client) -> None:
    register()
    author.post(url("broadcast-write", crisis_in().public_id, "alert"), typed())
    draft = Broadcast.objects.get()
    other = sign_in(staff(Role.AUTHOR))
    assert "Hand over for approval" not in words_of(
        other.get(url("broadcast-show", draft.public_id))
    )
    assert other.get(url("broadcast-edit", draft.public_id)).status_code == 302
    assert other.post(url("broadcast-submit", draft.public_id)).status_code == 403
    draft.refresh_from_db()
    assert draft.state == BroadcastState.DRAFT


# --- the second person ----------------------------------------------------------------


def test_the_author_is_told_that_another_person_must_approve() -> None:
    register()
    user = staff(Role.AUTHOR)
    Mandate.objects.create(user=user, role=Role.APPROVER)
    broadcast = submitted(crisis_in(), author=user)
    client = sign_in(user)
    for page in (
        client.get(url("broadcast-approve", broadcast.public_id)),
        client.post(url("broadcast-approve", broadcast.public_id), {"typed_count": "1"}),
        client.post(url("broadcast-return", broadcast.public_id), {"note": "x"}),
    ):
        assert page.status_code == 403
        assert "You wrote this message. Another person must approve it." in words_of(page)
    assert not Dispatch.objects.exists()


def test_an_approver_sees_everything_and_types_the_number(approver: Client) -> None:
    for _ in range(12):
        register()
    in_crisis = crisis_in(("LB", None), excluded=[("LB", "LB-JL")])
    broadcast = submitted(in_crisis)
    assert "Fire in the port" in words_of(approver.get(url("approval-list")))
    address = url("broadcast-approve", broadcast.public_id)
    words = words_of(approver.get(address))
    for shown in (
        "Release this REAL message?",
        "All of Lebanon",
        "Left out: Mount Lebanon",
        "Stay away from the port of Beirut.",
        "ابتعدوا عن مرفأ بيروت.",
        "This goes to 12 people",
        "Severe · Act now · It has happened",
    ):
        assert shown in words
    wrong = approver.post(address, {"typed_count": "21"})
    assert "This is not the number of people shown above." in words_of(wrong)
    assert not Dispatch.objects.exists()
    right = approver.post(address, {"typed_count": " 12 "})
    assert right.status_code == 302
    assert right["Location"] == url("board-show", broadcast.public_id)
    assert Dispatch.objects.get().broadcast == broadcast
    # Pressed twice, or asked for again: the board.
    assert approver.post(address, {"typed_count": "12"})["Location"] == right["Location"]
    assert Dispatch.objects.count() == 1


def test_an_exercise_is_released_on_a_page_of_its_own(approver: Client) -> None:
    register()
    broadcast = submitted(crisis_in(is_exercise=True))
    page = approver.get(url("broadcast-approve", broadcast.public_id))
    used = [template.name for template in page.templates]
    assert "notifications/ministry/exercise_approve.html" in used
    assert "Release the practice message" in words_of(page)
    assert "real message" not in words_of(page)


def test_a_broadcast_goes_back_with_a_note_its_author_reads(approver: Client) -> None:
    register()
    user = staff(Role.AUTHOR)
    broadcast = submitted(crisis_in(), author=user)
    address = url("broadcast-return", broadcast.public_id)
    assert "Say what has to change." in words_of(approver.post(address, {"note": ""}))
    approver.post(address, {"note": "Name the street."})
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.RETURNED
    page = sign_in(user).get(url("broadcast-edit", broadcast.public_id))
    assert "Name the street." in words_of(page)
    # What is not waiting any more cannot be approved.
    gone = approver.post(url("broadcast-approve", broadcast.public_id), {"typed_count": "1"})
    assert gone.status_code == 403


# --- the board ------------------------------------------------------------------------


@pytest.fixture
def sent() -> Dispatch:
    """A dispatch whose audience of three is written, and nothing sent."""
    for _ in range(3):
        register()
    dispatch = released(crisis_in())
    for number in range(3):
        AudienceMember.objects.create(
            dispatch=dispatch,
            number=number,
            registrant_id=new_id(),
            country_id="LB",
            area_id="LB-BA",
            language="en",
            answer="help" if number == 0 else "",
            answered_at=timezone.now() if number == 0 else None,
        )
    Dispatch.objects.filter(pk=dispatch.pk).update(state=DispatchState.RUNNING, member_count=3)
    dispatch.refresh_from_db()
    return dispatch


def id_of(dispatch: Dispatch) -> UUID:
    assert dispatch.broadcast is not None
    return dispatch.broadcast.public_id


def test_the_board_shows_its_sum(approver: Client, sent: Dispatch) -> None:
    words = words_of(approver.get(url("board-show", id_of(sent))))
    assert "0 + 1 + 0 + 0 + 0 + 2 = 3" in words
    assert "Beirut, Lebanon" in words
    assert "Nobody has told us an estimate" in words
    Crisis.objects.update(people_low=10, people_high=20, people_source="Census")
    words = words_of(approver.get(url("board-show", id_of(sent))))
    assert "Between 7 and 19 more of our people may be there." in words


def test_the_board_answers_briefly_while_nothing_changes(approver: Client, sent: Dispatch) -> None:
    address = url("board-numbers", id_of(sent))
    first = approver.get(address)
    tag = first["ETag"]
    assert first.status_code == 200
    plain = approver.get(address, headers={"If-None-Match": tag})
    assert (plain.status_code, plain.content) == (304, b"")
    htmx = approver.get(address, headers={"If-None-Match": tag, "HX-Request": "true"})
    assert (htmx.status_code, htmx.content) == (204, b"")
    # The page tells htmx what it has seen, in the very words of the header.
    page = approver.get(url("board-show", id_of(sent))).content.decode()
    assert tag.strip('"') in page
    assert 'hx-trigger="every 2s"' in page


def test_the_board_notices_a_change_and_the_end(approver: Client, sent: Dispatch) -> None:
    from django.core.cache import cache

    address = url("board-numbers", id_of(sent))
    htmx = {"HX-Request": "true"}
    tag = approver.get(address)["ETag"]
    AudienceMember.objects.filter(dispatch=sent, number=1).update(answer="safe")
    cache.clear()
    changed = approver.get(address, headers={**htmx, "If-None-Match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag
    Dispatch.objects.filter(pk=sent.pk).update(state=DispatchState.FINISHED)
    slow = approver.get(address, headers=htmx)
    assert 'hx-trigger="every 5s"' in slow.content.decode()
    Crisis.objects.update(closed_at=timezone.now())
    last = approver.get(address, headers={**htmx, "If-None-Match": slow["ETag"]})
    assert last.status_code == 286
    assert "hx-trigger" not in last.content.decode()


def test_tags_differ_by_language(approver: Client, sent: Dispatch) -> None:
    address = url("board-numbers", id_of(sent))
    english = approver.get(address)["ETag"]
    approver.cookies["language"] = "ar"
    assert approver.get(address, headers={"If-None-Match": english}).status_code == 200


def test_without_script_there_is_a_link_and_a_choice_to_reload(
    approver: Client, sent: Dispatch
) -> None:
    address = url("board-show", id_of(sent))
    plain = approver.get(address).content.decode()
    assert 'http-equiv="refresh"' not in plain
    assert "?reload=yes" in plain
    chosen = approver.get(address, {"reload": "yes"}).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in chosen


@pytest.mark.parametrize("role", [Role.AUTHOR, Role.APPROVER])
def test_pause_go_on_and_stop_ask_once(role: Role, sent: Dispatch) -> None:
    client = sign_in(staff(role))
    for act, before, after in (
        ("pause", DispatchState.RUNNING, DispatchState.PAUSED),
        ("resume", DispatchState.PAUSED, DispatchState.RUNNING),
        ("stop", DispatchState.RUNNING, DispatchState.CANCELLED),
    ):
        sent.refresh_from_db()
        assert sent.state == before
        address = url("board-steer", id_of(sent), act)
        assert client.get(address).status_code == 200
        sent.refresh_from_db()
        assert sent.state == before
        assert client.post(address).status_code == 302
        sent.refresh_from_db()
        assert sent.state == after
        # Too late, or twice.
        assert client.post(address).status_code == 403
    assert client.get(url("board-steer", id_of(sent), "explode")).status_code == 404


def test_who_needs_help_is_a_list_of_ids_for_the_posts(approver: Client) -> None:
    person = register(given_names="Amal", family_names="Haddad")
    dispatch = released(crisis_in())
    AudienceMember.objects.create(
        dispatch=dispatch,
        number=0,
        registrant_id=person.pk,
        country_id="LB",
        area_id="LB-BA",
        post_id=person.stays.get().post_id,
        language="en",
        answer="help",
        answered_at=timezone.now(),
    )
    page = approver.get(url("help-list", id_of(dispatch)))
    words = words_of(page)
    assert str(person.pk) in words
    assert "Beirut" in words
    assert "Amal" not in words
    assert "Haddad" not in words
    link = reverse("console:record-show", args=[person.pk])
    assert f'href="{link}"' in page.content.decode()
    # The link is for the post: the ministry itself finds nothing behind it.
    assert approver.get(link).status_code == 404


def test_a_cancel_lies_ready_behind_one_button(author: Client, sent: Dispatch) -> None:
    address = url("correction-write", id_of(sent), "cancel")
    response = author.post(address, follow=True)
    words = words_of(response)
    assert "Exactly those the earlier message reached" in words
    assert "our last message was a MISTAKE" in words
    draft = Broadcast.objects.get(kind=BroadcastKind.CANCEL)
    assert draft.texts.count() == 4
    again = author.post(address)
    assert again["Location"] == url("broadcast-show", draft.public_id)
    assert author.post(url("correction-write", id_of(sent), "alert")).status_code == 404


# --- sizes ----------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["crisis-list", "approval-list", "crisis-show"])
def test_no_page_asks_the_database_once_per_row(
    author: Client, page: str, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    register()
    in_crisis = crisis_in(("LB", None))
    for _ in range(6):
        crisis_in(("LB", "LB-BA"), ("TR", "TR-34"))
        submitted(in_crisis)
    address = url(page, in_crisis.public_id) if page == "crisis-show" else url(page)
    author.get(address)
    with django_assert_max_num_queries(16):
        author.get(address)
