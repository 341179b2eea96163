"""What a registration says, typed: what forms, the API and files all end in."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from registry.models import Channel, StayKind


@dataclass(frozen=True)
class StayEntry:
    """Where somebody is. area_code is an ISO 3166-2 code or None; place is free text."""

    kind: StayKind
    country_code: str
    area_code: str | None
    place: str
    from_on: datetime.date
    until_on: datetime.date | None


@dataclass(frozen=True)
class ContactEntry:
    """One way to reach somebody: an E.164 number or a normalised e-mail address."""

    channel: Channel
    value: str


@dataclass(frozen=True)
class PersonEntry:
    """Who somebody is, or the alias they chose instead.

    birth: {"year": int, "month": int, "day": int}, finer parts left out when unknown.
    """

    given_names: str = ""
    family_names: str = ""
    alias: str = ""
    birth: Mapping[str, int] | None = None
    nationality: str = ""
    passport_number: str = ""
    other_languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registration:
    """Everything needed to register one person. `id` makes a repeated form harmless."""

    id: UUID
    language: str
    stay: StayEntry
    contacts: tuple[ContactEntry, ...]
    person: PersonEntry
    consents: Mapping[str, bool] = field(default_factory=dict)


def alert_purpose(channel: Channel) -> str:
    """Return the code of the purpose that lets crisis alerts leave by a channel."""
    return "crisis_alert_sms" if channel == Channel.SMS else "crisis_alert_email"


def birth_text(birth: Mapping[str, Any] | None) -> str:
    """Return a birth date as it is known: 1990, 1990-04 or 1990-04-02."""
    if not birth:
        return ""
    parts = [f"{birth['year']:04d}"]
    parts += [f"{birth[part]:02d}" for part in ("month", "day") if birth.get(part)]
    return "-".join(parts)
