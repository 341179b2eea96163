"""Messages and routes for the SMTP tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications.channels.protocol import (
    HandedOver,
    Outcome,
    OutgoingMail,
)
from notifications.channels.smtp import SmtpRoute
from notifications.channels.smtp_session import SmtpEndpoint
from tests.notifications.channels.sinks import Behaviour, SmtpSink

LOCK_STEP = ("8BITMIME", "SIZE 100000")
BOTH_WAYS = pytest.mark.parametrize(
    "extensions", [Behaviour().extensions, LOCK_STEP], ids=["pipelined", "lock-step"]
)


def mail(name: str = "ana", text: bytes = b"Subject: Hello\r\n\r\nHello\r\n") -> OutgoingMail:
    return OutgoingMail(f"{name}@people.example", f"<{name}@x.example>", text, "b+1@b.example")


def mails(count: int) -> Iterator[OutgoingMail]:
    return (mail(f"p{number}") for number in range(count))


def route_to(sink: SmtpSink, **options: float) -> SmtpRoute:
    endpoint = SmtpEndpoint("127.0.0.1", sink.port, command_timeout=5.0, final_dot_timeout=5.0)
    limits = {"messages_per_connection": int(options.pop("per_connection", 1000))}
    return SmtpRoute(replace(endpoint, **options), is_exercise=False, **limits)  # type: ignore[arg-type]


def outcomes(handed: list[HandedOver]) -> list[Outcome]:
    return [one.outcome for one in handed]


def kept(into: list[HandedOver], batch: Iterator[HandedOver]) -> Iterator[HandedOver]:
    """Keep what was handed over even when the batch ends in an exception."""
    for one in batch:
        into.append(one)
    yield from ()
