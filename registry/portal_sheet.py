"""What a person sees of their own record: in words, contacts and numbers masked."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent.models import Basis, ConsentEvent, ConsentState, GivenBy
from consent.receipts import Receipt, receipt_code
from consent.wording import GIVEN_BY, STATES, field_words, words_of
from geography.models import Post
from geography.selectors import area_name, country_name
from registry.masking import masked_contact, masked_number
from registry.models import (
    Channel,
    ContactPoint,
    LookReason,
    Registrant,
    Relation,
    Stay,
    StayKind,
)
from registry.selectors import Look, Sheet
from registry.unreadable import Unreadable

Text = str | Promise


@dataclass(frozen=True)
class Row:
    """A line of a summary list."""

    label: str
    value: str
    direction: str = ""


@dataclass(frozen=True)
class StayShown:
    """Where the person is, in words."""

    rows: list[Row]
    is_over: bool
    post: Post

    @property
    def post_name(self) -> str:
        """The name of the consulate that looks after the place."""
        return self.post.name_in()


@dataclass(frozen=True)
class LegShown:
    """One leg of a trip: the place, the days, whether it is today."""

    id: UUID
    place: str
    days: str
    is_now: bool


@dataclass(frozen=True)
class ContactShown:
    """A way to reach the person, in part."""

    id: UUID
    masked: str
    is_phone: bool
    is_confirmed: bool
    has_bounced: bool
    held_until: datetime.datetime | None
    leaves_at: datetime.datetime | None


@dataclass(frozen=True)
class RelativeShown:
    """A companion or an emergency contact."""

    id: UUID
    name: str
    relation: str
    detail: str
    is_contact: bool


@dataclass(frozen=True)
class SheetShown:
    """A person's record as they see it."""

    stay: StayShown | None
    legs: list[LegShown]
    left_at: datetime.datetime | None
    contacts: list[ContactShown]
    details: list[Row]
    companions: list[RelativeShown]
    emergency_contacts: list[RelativeShown]

    @property
    def has_changing_contacts(self) -> bool:
        """Whether a change of contacts can still be undone."""
        return any(contact.held_until or contact.leaves_at for contact in self.contacts)


@dataclass(frozen=True)
class Entry:
    """A line of a timeline."""

    at: datetime.datetime
    title: str
    text: str
    by: str = ""
    language: str = ""
    code: str = ""


def sheet_shown(sheet: Sheet) -> SheetShown:
    """Return a record in the words of the page's language."""
    # A trip that was called off before it began is no place anybody left.
    ended = [
        stay.ended_at
        for stay in sheet.stays
        if stay.ended_at is not None and stay.from_on <= timezone.localdate(stay.ended_at)
    ]
    return SheetShown(
        stay=_stay(sheet.stay) if sheet.stay else None,
        legs=legs_shown(sheet.legs),
        left_at=max(ended, default=None),
        contacts=[_contact(contact) for contact in sheet.contacts],
        details=_details(sheet.person),
        companions=[
            RelativeShown(
                companion.pk,
                companion.name,
                str(Relation(companion.relation).label),
                birth_shown(companion.birth),
                is_contact=False,
            )
            for companion in sheet.companions
        ],
        emergency_contacts=[
            RelativeShown(
                contact.pk,
                contact.name,
                str(Relation(contact.relation).label),
                masked_contact(contact.channel, contact.value),
                is_contact=True,
            )
            for contact in sheet.emergency_contacts
        ],
    )


def birth_shown(birth: Mapping[str, Any] | None) -> str:
    """Return a date of birth as far as it is known, as the language writes it."""
    if not birth or isinstance(birth, Unreadable):  # type: ignore[unreachable]
        return str(birth or "")
    year, month, day = birth["year"], birth.get("month"), birth.get("day")
    if month is None:
        return f"{year:04d}"
    if day is None:
        return date_format(datetime.date(year, month, 1), "YEAR_MONTH_FORMAT")
    return date_format(datetime.date(year, month, day), "DATE_FORMAT")


def _stay(stay: Stay) -> StayShown:
    rows = [Row(_("Country"), country_name(stay.country_id))]
    if stay.area_id:
        rows.append(Row(_("Area"), area_name(stay.area_id)))
    if stay.place:
        rows.append(Row(_("Town or address"), stay.place))
    rows.append(Row(_("Why you are there"), str(StayKind(stay.kind).label)))
    if stay.until_on:
        rows.append(Row(_("Until"), date_format(stay.until_on, "DATE_FORMAT")))
    confirmed_on = timezone.localdate(stay.last_confirmed_at)
    rows.append(Row(_("You last told us"), date_format(confirmed_on, "DATE_FORMAT")))
    return StayShown(rows, stay.is_over, stay.post)


def legs_shown(legs: Iterable[Stay]) -> list[LegShown]:
    """Return the legs of trips in words: "Beirut, Lebanon" and "2 May 2027 to 5 May 2027"."""
    today = timezone.localdate()
    return [
        LegShown(
            id=leg.pk,
            place=", ".join(
                str(part)
                for part in (
                    leg.place,
                    area_name(leg.area_id) if leg.area_id else "",
                    country_name(leg.country_id),
                )
                if part
            ),
            days=_("%(first)s to %(last)s")
            % {
                "first": date_format(leg.from_on, "DATE_FORMAT"),
                "last": date_format(leg.until_on or leg.from_on, "DATE_FORMAT"),
            },
            is_now=leg.from_on <= today,
        )
        for leg in legs
    ]


def _contact(contact: ContactPoint) -> ContactShown:
    return ContactShown(
        id=contact.pk,
        masked=masked_contact(contact.channel, contact.value),
        is_phone=contact.channel == Channel.SMS,
        is_confirmed=contact.confirmed_at is not None,
        has_bounced=contact.bounced_at is not None,
        held_until=contact.held_until if contact.is_held else None,
        leaves_at=contact.leaves_at,
    )


def _details(person: Registrant) -> list[Row]:
    names = dict(settings.LANGUAGES)
    languages = [person.language, *person.other_languages]
    given = (
        (_("Given names"), person.given_names, ""),
        (_("Family names"), person.family_names, ""),
        (_("We call you"), person.alias, ""),
        (_("Born"), birth_shown(person.birth), ""),
        (_("Nationality"), country_name(person.nationality) if person.nationality else "", ""),
        (_("Passport number"), masked_number(person.passport_number), "ltr"),
        (_("Languages"), ", ".join(str(names.get(code, code)) for code in languages), ""),
    )
    return [Row(label, value, direction) for label, value, direction in given if value]


_ACTS: dict[str, Text] = {
    "registry.record-opened": gettext_lazy("Your record was opened"),
    "disclosure.listed": gettext_lazy("You were put on a list of people to be helped"),
    "registry.call-logged": gettext_lazy("We called you, or tried to"),
    "notifications.message-written": gettext_lazy("A message was written to you"),
    "notifications.answered": gettext_lazy("Your answer in a crisis was noted"),
}


def looks_shown(looks: Iterable[Look]) -> list[Entry]:
    """Return the acts of staff on a record: date, reason and post."""
    return [
        Entry(
            at=look.at,
            title=str(_ACTS.get(look.act, _("We worked on your record"))),
            text=_reason(look.reason),
            by=look.post.name_in() if look.post else "",
        )
        for look in looks
    ]


def _reason(code: str) -> str:
    return str(LookReason(code).label) if code in LookReason.values else ""


def answers_shown(events: Iterable[ConsentEvent]) -> list[Entry]:
    """Return consent events: when, what was answered, and to which words in which language."""
    return [
        Entry(
            at=event.occurred_at,
            title=str(STATES[ConsentState(event.state)]),
            code=receipt_code(event.event_id),
            text=event.notice.sentence,
            language=event.language,
        )
        for event in events
    ]


def receipt_shown(receipt: Receipt) -> list[Row]:
    """Return a receipt in the words of the page's language."""
    occurred, until = (
        date_format(timezone.localtime(datetime.datetime.fromisoformat(each)), "DATETIME_FORMAT")
        for each in (receipt.occurred_at, receipt.valid_until)
    )
    return [
        Row(_("Receipt"), receipt.code, "ltr"),
        Row(_("Your answer"), str(STATES[ConsentState(receipt.state)])),
        Row(_("When"), occurred),
        Row(_("Counts until"), until),
        Row(_("Who answered"), str(GIVEN_BY[GivenBy(receipt.given_by)])),
        Row(_("What it is about"), ", ".join(field_words(receipt.fields))),
        Row(_("Who gets it"), ", ".join(words_of(each) for each in receipt.recipients)),
        Row(_("How long"), words_of(receipt.retention)),
        Row(_("Where it is kept"), words_of(receipt.storage_place)),
        Row(_("Who is responsible"), words_of(receipt.authority)),
        Row(_("Why the law allows it"), str(Basis(receipt.basis).label)),
        Row(_("Version of the words"), str(receipt.purpose_version)),
        Row(_("Fingerprint of the words"), receipt.notice_sha256[:16], "ltr"),
    ]
