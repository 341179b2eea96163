"""The live board: where everybody of an audience stands, adding up exactly.

Each person is in one and only one place: safe, needs help, reached without an
answer, still waiting, undeliverable, or not sent to. What a message to a shared
address became counts for everybody who shares it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from encryption.digests import sha256_hex
from notifications.models import DeliveryStatus, Dispatch

_REACHED = (DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN, DeliveryStatus.DELIVERED)
_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)
_NOT_SENT = (DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED)

# Many may look at one board: it is read anew at most once in so many seconds.
_KEPT_SECONDS = 1
_MOST_REASONS = 20


@dataclass(frozen=True)
class Standing:
    """How many people of one group (or of all) stand where."""

    safe: int = 0
    help: int = 0
    silent: int = 0
    waiting: int = 0
    undeliverable: int = 0
    not_sent: int = 0

    @property
    def audience(self) -> int:
        """Everybody: the sum of the six places."""
        return (
            self.safe + self.help + self.silent + self.waiting + self.undeliverable + self.not_sent
        )

    @property
    def reached(self) -> int:
        """People a message was handed over for, or who answered."""
        return self.safe + self.help + self.silent

    @classmethod
    def sum_of(cls, standings: Sequence[Standing]) -> Self:
        """Add groups up."""
        rows = [asdict(standing) for standing in standings]
        return cls(**{name: sum(row[name] for row in rows) for name in asdict(cls())})


@dataclass(frozen=True)
class ChannelProgress:
    """What became of the messages of one channel."""

    channel: int
    total: int
    waiting: int
    handed_over: int
    delivered: int
    failed: int
    skipped: int
    shared: int

    @property
    def to_send(self) -> int:
        """Messages that leave, or were to leave: those to a shared address leave once."""
        return self.total - self.shared

    @property
    def done(self) -> int:
        """Messages with a final or provisional outcome."""
        return self.to_send - self.waiting


@dataclass(frozen=True)
class Reason:
    """Why so many messages did not arrive, by code; `is_waiting` if they are tried again."""

    code: str
    is_waiting: bool
    count: int


@dataclass(frozen=True)
class Numbers:
    """Everything the board counts. by_area: (ISO code of area or country, Standing)."""

    by_area: list[tuple[str, Standing]]
    channels: list[ChannelProgress]
    reasons: list[Reason]

    @property
    def all(self) -> Standing:
        """The whole audience."""
        return Standing.sum_of([standing for _, standing in self.by_area])

    def as_data(self) -> dict[str, Any]:
        """Return the numbers as JSON data. Counts and codes only."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Numbers:
        """Read what `as_data` wrote."""
        return cls(
            [(area, Standing(**standing)) for area, standing in data["by_area"]],
            [ChannelProgress(**row) for row in data["channels"]],
            [Reason(**row) for row in data["reasons"]],
        )


@dataclass(frozen=True)
class Board:
    """Everything the board shows of one dispatch."""

    dispatch: Dispatch
    numbers: Numbers

    @property
    def all(self) -> Standing:
        return self.numbers.all

    @property
    def by_area(self) -> list[tuple[str, Standing]]:
        return self.numbers.by_area

    @property
    def channels(self) -> list[ChannelProgress]:
        return self.numbers.channels

    @property
    def reasons(self) -> list[Reason]:
        return self.numbers.reasons

    @property
    def version(self) -> str:
        """A word that changes when anything shown changes."""
        crisis = self.dispatch.crisis
        shown = (
            self.dispatch.state,
            crisis is not None and crisis.closed_at,
            self.numbers.as_data(),
        )
        return sha256_hex(repr(shown))[:32]


# Written without a join on purpose: while an alert is going out the statistics of these
# tables are minutes old, and a join then reads the whole audience once per person. Sorting
# takes the same time whatever the planner believes.
_PEOPLE = """
    WITH messages AS (
        -- Rows that share an address stand behind the one that was sent.
        SELECT member_number AS number,
               first_value(status) OVER (PARTITION BY coalesce(shared_with_seq, seq)
                                         ORDER BY shared_with_seq NULLS FIRST) AS status
          FROM notifications_delivery WHERE dispatch_id = %(dispatch)s
    ), facts AS (
        SELECT number, coalesce(area_id, country_id, '') AS area, answer,
               NULL::smallint AS status
          FROM notifications_audiencemember WHERE dispatch_id = %(dispatch)s
         UNION ALL
        SELECT number, NULL, NULL, status FROM messages
    ), standing AS (
        SELECT max(area) AS area, max(answer) AS answer,
               coalesce(bool_or(status = ANY(%(reached)s)), false) AS was_reached,
               coalesce(bool_or(status = ANY(%(waiting)s)), false) AS is_waiting,
               coalesce(bool_and(status = ANY(%(not_sent)s)), true) AS was_not_sent
          FROM facts GROUP BY number HAVING max(area) IS NOT NULL
    )
    SELECT area,
           count(*) FILTER (WHERE answer = 'safe'),
           count(*) FILTER (WHERE answer = 'help'),
           count(*) FILTER (WHERE answer = '' AND was_reached),
           count(*) FILTER (WHERE answer = '' AND NOT was_reached AND is_waiting),
           count(*) FILTER (WHERE answer = '' AND NOT was_reached AND NOT is_waiting
                              AND NOT was_not_sent),
           count(*) FILTER (WHERE answer = '' AND NOT was_reached AND NOT is_waiting
                              AND was_not_sent)
      FROM standing GROUP BY area ORDER BY count(*) DESC, area"""

_MESSAGES = """
    SELECT channel, count(*),
           count(*) FILTER (WHERE status = ANY(%(waiting)s)),
           count(*) FILTER (WHERE status IN (20, 25)),
           count(*) FILTER (WHERE status = 40),
           count(*) FILTER (WHERE status = 30),
           count(*) FILTER (WHERE status = ANY(%(not_sent)s)),
           count(*) FILTER (WHERE status = 70)
      FROM notifications_delivery WHERE dispatch_id = %(dispatch)s
     GROUP BY channel ORDER BY channel DESC"""

# A shared address is no failure: its message left in another row.
_REASONS = """
    SELECT reason, status = ANY(%(waiting)s) AS is_waiting, count(*)
      FROM notifications_delivery
     WHERE dispatch_id = %(dispatch)s AND reason <> '' AND status <> 70
     GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT %(most_reasons)s"""


def board_of(dispatch: Dispatch) -> Board:
    """Read the board of one dispatch: three queries, whatever its size."""
    return Board(dispatch, _read(dispatch.pk))


def recent_board_of(dispatch: Dispatch) -> Board:
    """Return the board as it was at most a second ago, for pages that ask again and again."""
    key = f"board:{dispatch.pk}"
    try:
        kept = cache.get(key)
        if kept is not None:
            return Board(dispatch, Numbers.from_data(kept))
        board = board_of(dispatch)
        cache.set(key, board.numbers.as_data(), timeout=_KEPT_SECONDS)
    except RedisError:
        # A counter that is away must not take the board with it.
        return board_of(dispatch)
    return board


def _read(dispatch_id: int) -> Numbers:
    parameters: dict[str, int | list[int]] = {
        "dispatch": dispatch_id,
        "reached": [int(status) for status in _REACHED],
        "waiting": [int(status) for status in _WAITING],
        "not_sent": [int(status) for status in _NOT_SENT],
        "most_reasons": _MOST_REASONS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, parameters)
        areas = [(str(row[0]), Standing(*row[1:])) for row in cursor.fetchall()]
        cursor.execute(_MESSAGES, parameters)
        channels = [ChannelProgress(*row) for row in cursor.fetchall()]
        cursor.execute(_REASONS, parameters)
        reasons = [Reason(*row) for row in cursor.fetchall()]
    return Numbers(areas, channels, reasons)


@dataclass(frozen=True)
class Unregistered:
    """How many of our people in the places are not in the register, by an outside estimate."""

    low: int
    high: int
    source: str


def unregistered(board: Board) -> Unregistered | None:
    """Return the range of people no message can reach; None where nobody has estimated.

    The low end of the outside range less the whole audience, and its high end less those
    alone who answered: of the others nobody knows whether they are really there.
    """
    crisis = board.dispatch.crisis
    if crisis is None or crisis.people_low is None or crisis.people_high is None:
        return None
    return Unregistered(
        max(0, crisis.people_low - board.all.audience),
        max(0, crisis.people_high - board.all.safe - board.all.help),
        crisis.people_source,
    )


@dataclass(frozen=True)
class HelpSought:
    """One person of the audience who asked for help. No name, no contact, no words."""

    person_id: str
    country_id: str
    area_id: str | None
    post_id: int | None
    answered_at: datetime.datetime | None


def help_sought(dispatch: Dispatch) -> list[HelpSought]:
    """Return who asked for help and has not said since that they are safe, longest first."""
    rows = dispatch.members.filter(answer="help").order_by("answered_at", "number")
    return [
        HelpSought(str(person_id), country_id, area_id, post_id, at)
        for person_id, country_id, area_id, post_id, at in rows.values_list(
            "registrant_id", "country_id", "area_id", "post_id", "answered_at"
        )
    ]
