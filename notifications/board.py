"""The live board: where everybody of an audience stands, adding up exactly.

Each person is in one and only one place: safe, needs help, reached without an
answer, still waiting, undeliverable, or not sent to.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from notifications.models import DeliveryStatus, Dispatch

_REACHED = (DeliveryStatus.HANDED_OVER, DeliveryStatus.UNKNOWN, DeliveryStatus.DELIVERED)
_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)
_NOT_SENT = (DeliveryStatus.SKIPPED, DeliveryStatus.CANCELLED)


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


@dataclass(frozen=True)
class Board:
    """Everything the board shows of one dispatch."""

    dispatch: Dispatch
    all: Standing
    by_area: list[tuple[str, Standing]]
    channels: list[ChannelProgress]
    reasons: list[tuple[str, int]]


_PEOPLE = """
    WITH standing AS (
        SELECT m.number, m.answer, coalesce(m.area_id, m.country_id, '') AS area,
               bool_or(coalesce(t.status, d.status) = ANY(%(reached)s)) AS was_reached,
               bool_or(coalesce(t.status, d.status) = ANY(%(waiting)s)) AS is_waiting,
               bool_and(coalesce(t.status, d.status) = ANY(%(not_sent)s)) AS was_not_sent
          FROM notifications_audiencemember m
          JOIN notifications_delivery d
            ON d.dispatch_id = m.dispatch_id AND d.member_number = m.number
          LEFT JOIN notifications_delivery t
            ON t.dispatch_id = d.dispatch_id AND t.seq = d.shared_with_seq
         WHERE m.dispatch_id = %(dispatch)s
         GROUP BY m.number, m.answer, area
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
     GROUP BY channel ORDER BY channel"""

_REASONS = """
    SELECT reason, count(*) FROM notifications_delivery
     WHERE dispatch_id = %(dispatch)s AND reason <> '' GROUP BY reason ORDER BY 2 DESC, 1 LIMIT 20"""


def board_of(dispatch: Dispatch) -> Board:
    """Read the board of one dispatch: three queries, whatever its size."""
    parameters = {
        "dispatch": dispatch.pk,
        "reached": [int(status) for status in _REACHED],
        "waiting": [int(status) for status in _WAITING],
        "not_sent": [int(status) for status in _NOT_SENT],
    }
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, parameters)
        areas = [(row[0], Standing(*row[1:])) for row in cursor.fetchall()]
        cursor.execute(_MESSAGES, parameters)
        channels = [ChannelProgress(*row) for row in cursor.fetchall()]
        cursor.execute(_REASONS, parameters)
        reasons = [(str(reason), int(count)) for reason, count in cursor.fetchall()]
    total = Standing(
        *(
            sum(getattr(standing, name) for _, standing in areas)
            for name in ("safe", "help", "silent", "waiting", "undeliverable", "not_sent")
        )
    )
    return Board(dispatch, total, areas, channels, reasons)
