"""What pages show of an audience and a board: names for codes, words for numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from crises.places import full_name
from geography.models import Post
from notifications.board import Board, HelpSought, Standing
from notifications.counting import AreaCount, AudiencePreview, LanguageCount
from notifications.models import Broadcast, Dispatch, DispatchState
from notifications.previewing import TextPreview, preview_audience, sms_parts_to_send
from notifications.reasons import reason_in_words
from registry.models import Channel

# How many places a page names; the rest is one line.
_MOST_PLACES = 40
# How often the board asks anew, in seconds: while messages leave, and while answers come.
_BUSY, _CALM = 2, 5


def language_name(code: str) -> str:
    """Return the name of a language in itself where the site knows it, else its code."""
    return str(dict(settings.LANGUAGES).get(code, code))


def place_in_words(code: str) -> str:
    """Return the name of an area or country by its ISO code."""
    if not code:
        return _("No place")
    return full_name((code[:2], code if len(code) > 2 else None))


@dataclass(frozen=True)
class AudienceShown:
    """An audience with names. languages and areas: (name, counts)."""

    preview: AudiencePreview
    languages: list[tuple[str, LanguageCount]]
    areas: list[tuple[str, AreaCount]]
    more_areas: int
    fallback_languages: list[tuple[str, int]]
    fallback_name: str
    sms_parts: int


def audience_shown(broadcast: Broadcast, previews: Sequence[TextPreview]) -> AudienceShown:
    """Count the audience of a broadcast for a page."""
    counted = preview_audience(broadcast)
    areas = [(place_in_words(code), count) for code, count in counted.by_area.items()]
    return AudienceShown(
        preview=counted,
        languages=[(language_name(code), count) for code, count in counted.by_language.items()],
        areas=areas[:_MOST_PLACES],
        more_areas=max(0, len(areas) - _MOST_PLACES),
        fallback_languages=[
            (language_name(code), people) for code, people in counted.fallback_languages.items()
        ],
        fallback_name=language_name(broadcast.fallback_language),
        sms_parts=sms_parts_to_send(counted, list(previews)),
    )


@dataclass(frozen=True)
class ChannelShown:
    """One channel's messages, ready for a progress bar."""

    key: str
    name: str
    done: int
    to_send: int
    handed_over: int
    delivered: int
    failed: int
    not_sent: int
    waiting: int


@dataclass(frozen=True)
class ReasonShown:
    """Why messages did not arrive, in words; several codes may mean the same."""

    words: str
    codes: str
    count: int


@dataclass(frozen=True)
class BoardShown:
    """A board with names; poll_seconds is None when nothing can change any more."""

    board: Board
    areas: list[tuple[str, Standing]]
    channels: list[ChannelShown]
    failed: list[ReasonShown]
    waiting: list[ReasonShown]
    poll_seconds: int | None


def board_shown(board: Board) -> BoardShown:
    """Put names to a board's codes."""
    return BoardShown(
        board=board,
        areas=[(place_in_words(code), standing) for code, standing in board.by_area],
        channels=[
            ChannelShown(
                key=Channel(row.channel).name.lower(),
                name=str(Channel(row.channel).label),
                done=row.done,
                to_send=row.to_send,
                handed_over=row.handed_over,
                delivered=row.delivered,
                failed=row.failed,
                not_sent=row.skipped,
                waiting=row.waiting,
            )
            for row in board.channels
        ],
        failed=_reasons(board, is_waiting=False),
        waiting=_reasons(board, is_waiting=True),
        poll_seconds=_poll_seconds(board.dispatch),
    )


def _reasons(board: Board, *, is_waiting: bool) -> list[ReasonShown]:
    found: dict[str, ReasonShown] = {}
    for reason in board.reasons:
        if reason.is_waiting != is_waiting:
            continue
        words = reason_in_words(reason.code)
        known = found.get(words)
        found[words] = ReasonShown(
            words,
            f"{known.codes}, {reason.code}" if known else reason.code,
            reason.count + (known.count if known else 0),
        )
    return sorted(found.values(), key=lambda one: -one.count)


def _poll_seconds(dispatch: Dispatch) -> int | None:
    if dispatch.state in (DispatchState.FREEZING, DispatchState.RUNNING):
        return _BUSY
    # Answers and receipts come in for as long as the crisis is open.
    crisis = dispatch.crisis
    is_over = crisis is None or crisis.closed_at is not None
    return None if is_over and dispatch.state != DispatchState.PAUSED else _CALM


@dataclass(frozen=True)
class HelpShown:
    """One person who asked for help, for a list without names."""

    person_id: UUID
    place: str
    post: str
    sought: HelpSought


def help_shown(sought: Sequence[HelpSought]) -> list[HelpShown]:
    """Put names to places and posts; persons stay ids."""
    posts = Post.objects.in_bulk([one.post_id for one in sought if one.post_id is not None])
    return [
        HelpShown(
            UUID(one.person_id),
            place_in_words(one.area_id or one.country_id),
            posts[one.post_id].name_in() if one.post_id in posts else "–",
            one,
        )
        for one in sought
    ]
