"""What each SMTP reply means: blame the recipient, the text, the sender or the route."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.protocol import Outcome
from notifications.channels.smtp_replies import (
    RouteRefused,
    Stage,
    outcome_of,
    parse_line,
    reply_of,
)

ROUTE = "route"


def meaning(stage: Stage, text: str) -> tuple[Outcome | str, str]:
    parsed = parse_line(text.encode())
    assert parsed is not None
    code, _is_last, words = parsed
    try:
        handed = outcome_of(stage, reply_of(code, [words]))
    except RouteRefused as refused:
        return ROUTE, refused.code
    return handed.outcome, handed.code


@pytest.mark.parametrize(
    ("stage", "text", "expected", "code"),
    [
        (Stage.RECIPIENT, "550 5.1.1 no such user", Outcome.REFUSED, "smtp-550-5.1.1"),
        (Stage.RECIPIENT, "550 no such user", Outcome.REFUSED, "smtp-550"),
        (Stage.RECIPIENT, "550 5.2.1 mailbox disabled", Outcome.REFUSED, "smtp-550-5.2.1"),
        (Stage.RECIPIENT, "551 5.1.6 moved", Outcome.REFUSED, "smtp-551-5.1.6"),
        (Stage.RECIPIENT, "553 5.1.3 bad address", Outcome.REFUSED, "smtp-553-5.1.3"),
        (Stage.RECIPIENT, "501 5.1.3 bad address", Outcome.REFUSED, "smtp-501-5.1.3"),
        (Stage.RECIPIENT, "550 5.7.1 relaying denied", Outcome.SENDER_REFUSED, "smtp-550-5.7.1"),
        (Stage.RECIPIENT, "554 reputation", Outcome.SENDER_REFUSED, "smtp-554"),
        (Stage.RECIPIENT, "552 5.2.2 full", Outcome.DEFERRED, "smtp-552-5.2.2"),
        (Stage.RECIPIENT, "552 full", Outcome.DEFERRED, "smtp-552"),
        (Stage.RECIPIENT, "450 4.2.0 greylisted", Outcome.DEFERRED, "smtp-450-4.2.0"),
        (Stage.RECIPIENT, "451 4.3.0 trouble", Outcome.DEFERRED, "smtp-451-4.3.0"),
        (Stage.RECIPIENT, "450 5.1.1 odd", Outcome.DEFERRED, "smtp-450"),
        (Stage.RECIPIENT, "503 5.5.1 sequence", ROUTE, "smtp-503-5.5.1"),
        (Stage.RECIPIENT, "220 what", ROUTE, "smtp-220"),
        (Stage.SENDER, "452 4.3.1 disk", ROUTE, "smtp-452-4.3.1"),
        (Stage.SENDER, "451 4.7.1 later", Outcome.DEFERRED, "smtp-451-4.7.1"),
        (Stage.SENDER, "530 5.7.0 sign in", ROUTE, "smtp-530-5.7.0"),
        (Stage.SENDER, "550 5.1.8 sender unknown", Outcome.SENDER_REFUSED, "smtp-550-5.1.8"),
        (Stage.SENDER, "552 5.3.4 too big", Outcome.MESSAGE_REFUSED, "smtp-552-5.3.4"),
        (Stage.SENDER, "552 too big", Outcome.MESSAGE_REFUSED, "smtp-552"),
        (Stage.DATA, "554 5.7.1 no", Outcome.SENDER_REFUSED, "smtp-554-5.7.1"),
        (Stage.DATA, "451 4.3.0 no", Outcome.DEFERRED, "smtp-451-4.3.0"),
        (Stage.PAYLOAD, "552 too big", Outcome.MESSAGE_REFUSED, "smtp-552"),
        (Stage.PAYLOAD, "552 5.3.4 too big", Outcome.MESSAGE_REFUSED, "smtp-552-5.3.4"),
        (Stage.PAYLOAD, "554 5.6.0 bad MIME", Outcome.MESSAGE_REFUSED, "smtp-554-5.6.0"),
        (Stage.PAYLOAD, "550 5.1.1 no such user", Outcome.REFUSED, "smtp-550-5.1.1"),
        (Stage.PAYLOAD, "552 5.2.2 full", Outcome.DEFERRED, "smtp-552-5.2.2"),
        (Stage.PAYLOAD, "550 looks like spam", Outcome.SENDER_REFUSED, "smtp-550"),
        (Stage.PAYLOAD, "554 5.7.1 spam", Outcome.SENDER_REFUSED, "smtp-554-5.7.1"),
        (Stage.PAYLOAD, "451 4.3.0 later", Outcome.DEFERRED, "smtp-451-4.3.0"),
    ],
)
def test_a_reply_blames_whom_it_should(
    stage: Stage, text: str, expected: Outcome | str, code: str
) -> None:
    assert meaning(stage, text) == (expected, code)


@given(st.sampled_from(Stage), st.integers(400, 599), st.text(max_size=30))
def test_codes_hold_digits_only(stage: Stage, code: int, words: str) -> None:
    outcome, found = meaning(stage, f"{code} {words}")
    assert set(found) <= set("smtp-.0123456789")
    assert found.startswith(f"smtp-{code}")
    assert outcome not in (Outcome.ACCEPTED, Outcome.UNKNOWN)


@given(st.integers(400, 499))
def test_a_temporary_reply_never_condemns_a_recipient(code: int) -> None:
    for stage in Stage:
        for status in ("", "4.1.1 ", "4.2.1 ", "4.7.1 ", "5.1.1 "):
            assert meaning(stage, f"{code} {status}x")[0] in (Outcome.DEFERRED, ROUTE)


@pytest.mark.parametrize(
    "line", [b"", b"25", b"2500 x", b"abc", b"650 x", b"250x", b" 250 x", b"\xff50 x"]
)
def test_what_is_no_reply_line_is_garbled(line: bytes) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("words", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4F2B1xyz", "4F2B1xyz"),
        ("OK id=1rAbCd-0001Ab-2x", "1rAbCd-0001Ab-2x"),
        ("2.0.0 Ok", ""),
        ("queued as ana@people.example", ""),
        ("queued as x", ""),
        ("id=<ana@people.example>", ""),
    ],
)
def test_of_the_words_only_a_queue_id_is_kept(words: str, queue_id: str) -> None:
    assert reply_of(250, [words.encode()]).queue_id == queue_id
