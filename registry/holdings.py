"""Everything the register holds of one person, as they may take it with them."""

from __future__ import annotations

import datetime
from typing import Any

from consent.models import ConsentEvent
from geography.selectors import area_name, country_name
from registry import selectors
from registry.models import Channel, ContactLogEntry, Registrant, Stay
from registry.registration import birth_text


def held_by_the_register(person: Registrant) -> dict[str, Any]:
    """Return everything but messages and answers, which other apps hold; JSON-ready."""
    sheet = selectors.sheet_of(person)
    return {
        "registration": {
            "id": str(person.pk),
            "registered_at": _at(person.registered_at),
            "given_names": person.given_names,
            "family_names": person.family_names,
            "alias": person.alias,
            "birth": birth_text(person.birth),
            "nationality": person.nationality,
            "passport_number": person.passport_number,
            "language": person.language,
            "other_languages": list(person.other_languages),
        },
        "stays": [_stay(stay) for stay in sheet.stays],
        "contacts": [
            {
                "channel": _channel(contact.channel),
                "value": contact.value,
                "added_at": _at(contact.created_at),
                "confirmed_at": _at(contact.confirmed_at),
                "bounced_at": _at(contact.bounced_at),
            }
            for contact in sheet.contacts
        ],
        "companions": [
            {
                "name": companion.name,
                "relation": companion.relation,
                "birth": birth_text(companion.birth),
                "added_at": _at(companion.added_at),
            }
            for companion in sheet.companions
        ],
        "emergency_contacts": [
            {
                "name": contact.name,
                "relation": contact.relation,
                "channel": _channel(contact.channel),
                "value": contact.value,
                "their_answer": contact.answer,
                "added_at": _at(contact.added_at),
            }
            for contact in sheet.emergency_contacts
        ],
        "consents": [_consent(event) for event in selectors.consent_history(person.pk)],
        "consultations": [
            {
                "at": _at(look.at),
                "act": look.act,
                "reason": look.reason,
                "post": look.post.name_in() if look.post else "",
            }
            for look in selectors.looks_at(person.pk, most=None)
        ],
        "appearances_in_lists": [
            {
                "on": appearance.on.isoformat(),
                "list": appearance.kind,
                "post": appearance.post.name_in(),
                "times": appearance.times,
            }
            for appearance in selectors.appearances_of(person.pk, most=None)
        ],
        "contact_log": [
            {
                "at": _at(entry.at),
                "kind": entry.kind,
                "outcome": entry.outcome,
                "note": entry.note,
            }
            for entry in ContactLogEntry.objects.filter(registrant=person).order_by("-at")
        ],
    }


def _stay(stay: Stay) -> dict[str, Any]:
    return {
        "kind": stay.kind,
        "country": stay.country_id,
        "country_name": country_name(stay.country_id),
        "area": stay.area_id or "",
        "area_name": area_name(stay.area_id) if stay.area_id else "",
        "place": stay.place,
        "post": stay.post.name_in(),
        "from": stay.from_on.isoformat(),
        "until": stay.until_on.isoformat() if stay.until_on else None,
        "last_confirmed_at": _at(stay.last_confirmed_at),
        "ended_at": _at(stay.ended_at),
    }


def _consent(event: ConsentEvent) -> dict[str, Any]:
    return {
        "event_id": str(event.event_id),
        "record_id": str(event.record_id),
        "schema_version": event.schema_version,
        "purpose": event.purpose_id,
        "purpose_version": event.purpose_version,
        "basis": event.basis,
        "state": event.state,
        "language": event.language,
        "notice": event.notice.sentence,
        "notice_sha256": event.notice_sha256,
        "occurred_at": _at(event.occurred_at),
        "valid_until": _at(event.valid_until),
        "channel": event.channel,
        "method": event.method,
        "given_by": event.given_by,
    }


def _channel(channel: int) -> str:
    return Channel(channel).name.lower()


def _at(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
