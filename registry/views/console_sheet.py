"""What stands in a record, in the words and the order of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from entry.dates import PartialDate
from geography.selectors import country_name
from registry.models import CallOutcome, Channel, ContactLogEntry, ContactPoint, Registrant, Stay
from registry.rows import STAY_WORDS, place_name
from registry.selectors import permissions_of, sheet_of
from registry.unreadable import Unreadable, marked

MOST_LOG_ENTRIES = 50

Row = dict[str, Any]


def record_context(person: Registrant) -> dict[str, Any]:
    """Return what the record's page shows. Raises Erased."""
    with marked():
        return _context(person)


def _context(person: Registrant) -> dict[str, Any]:
    sheet = sheet_of(person)
    language = get_language() or "en"
    log = list(
        ContactLogEntry.objects.filter(registrant=person)
        .select_related("staff")
        .order_by("-at")[:MOST_LOG_ENTRIES]
    )
    return {
        "person_id": person.pk,
        "name": person.display_name,
        "identity": _identity(person),
        "stays": [
            _stay(stay)
            for stay in sheet.stays
            # A leg of a trip ends by itself.
            if stay.ended_at is None and not (stay.is_leg and stay.is_over)
        ],
        "contacts": [_contact(contact) for contact in sheet.contacts],
        "companions": [
            {
                "name": companion.name,
                "relation": companion.get_relation_display(),
                "birth": birth_words(companion.birth),
            }
            for companion in sheet.companions
        ],
        "emergency_contacts": [
            {
                "name": contact.name,
                "relation": contact.get_relation_display(),
                "value": contact.value,
                "answer": contact.get_answer_display(),
            }
            for contact in sheet.emergency_contacts
        ],
        "permissions": [
            {"title": permission.choice.notice.title, "is_on": permission.is_on}
            for permission in permissions_of(person.pk, language)
        ],
        "log": [_log_entry(entry) for entry in log],
    }


def birth_words(birth: Mapping[str, int] | None) -> str:
    """Return a birth date as it is known: "1990", "April 1990" or "2 April 1990"."""
    if not birth or isinstance(birth, Unreadable):  # type: ignore[unreachable]
        return str(birth or "")
    known = PartialDate(birth["year"], birth.get("month"), birth.get("day"))
    if known.precision == "day":
        return date_format(known.first_day, "DATE_FORMAT")
    if known.precision == "month":
        return date_format(known.first_day, "YEAR_MONTH_FORMAT")
    return str(known)


def language_name(code: str) -> str:
    """Return a language's name in the language of the page, or its code."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(get_language() or "en")
    except (UnknownLocaleError, ValueError):
        return code
    return name or code


def _identity(person: Registrant) -> list[Row]:
    languages = dict.fromkeys([person.language, *person.other_languages])
    rows = [
        {"label": _("Given names"), "value": person.given_names},
        {"label": _("Family names"), "value": person.family_names},
        {"label": _("Alias"), "value": person.alias},
        {"label": _("Born"), "value": birth_words(person.birth)},
        {
            "label": _("Nationality"),
            "value": country_name(person.nationality) if person.nationality else "",
        },
        {
            "label": _("Passport number"),
            "value": person.passport_number,
            "direction": "ltr",
        },
        {"label": _("Languages"), "value": ", ".join(map(language_name, languages))},
        {"label": _("Registered"), "value": date_format(person.registered_at, "DATE_FORMAT")},
    ]
    return [row for row in rows if row["value"]]


def _stay(stay: Stay) -> list[Row]:
    rows = [
        {"label": _("Where"), "value": place_name(stay)},
        {"label": _("Place, in their words"), "value": stay.place},
        {"label": _("Why"), "value": STAY_WORDS[stay.kind]},
        {"label": _("From"), "value": date_format(stay.from_on, "DATE_FORMAT")},
        {
            "label": _("Until"),
            "value": date_format(stay.until_on, "DATE_FORMAT") if stay.until_on else "",
        },
        {
            "label": _("Last confirmed"),
            "value": date_format(stay.last_confirmed_at, "DATE_FORMAT"),
        },
        {"label": _("Post"), "value": stay.post.name_in()},
    ]
    return [row for row in rows if row["value"]]


def _contact(contact: ContactPoint) -> Row:
    if contact.bounced_at:
        state, colour = _("Messages come back"), "red"
    elif contact.confirmed_at:
        state, colour = _("Confirmed"), "green"
    else:
        state, colour = _("Not confirmed yet"), "amber"
    return {
        "channel": Channel(contact.channel).label,
        "value": contact.value,
        "state": state,
        "colour": colour,
    }


def _log_entry(entry: ContactLogEntry) -> Row:
    title = _("Message") if entry.kind == "message" else _("Call")
    if entry.outcome:
        title = f"{title}: {CallOutcome(entry.outcome).label}"
    return {"at": entry.at, "title": title, "text": entry.note, "by": entry.staff.name}
