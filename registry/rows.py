"""People as lists show them: enough to recognise somebody one knows of, not to learn of anybody."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import StaffUser
from encryption.keyring import Erased
from encryption.sealed_models import share_key_page
from geography.selectors import area_name, country_name
from registry.access import stays_visible_to
from registry.masking import DOT, masked_phone
from registry.models import Channel, ContactPoint, Registrant, Stay, StayKind
from registry.unreadable import Unreadable, marked

# The most rows that one look at a list shows.
MOST_ROWS = 20
# Lists never say how many people there are beyond this.
MOST_COUNTED = 10
# The people themselves choose "I live here"; staff read it about somebody else.
STAY_WORDS: dict[str, Promise] = {
    StayKind.RESIDENCE: _("Lives there"),
    StayKind.WORK: _("Works there"),
    StayKind.STUDY: _("Studies there"),
    StayKind.TRAVEL: _("Travels"),
    StayKind.OTHER: _("Something else"),
}


@dataclass(frozen=True)
class MaskedRow:
    """One person in a list. `contact` is masked; `why` says what matched."""

    person_id: UUID
    name: str
    birth_year: str
    place: str
    kind: str
    contact: str
    confirmed_on: datetime.date | None
    why: str | Promise = ""
    is_locked: bool = False


def masked_rows(
    user: StaffUser, people: Sequence[Registrant], whys: Mapping[UUID, str | Promise] | None = None
) -> list[MaskedRow]:
    """Return the masked rows of these people in their order, with three queries for them all.

    Somebody who is being erased at this moment is left out.
    """
    ids = [person.pk for person in people]
    stays = list(stays_visible_to(user).filter(registrant_id__in=ids).order_by("-from_on"))
    contacts = list(ContactPoint.objects.in_use().filter(registrant_id__in=ids).order_by("pk"))
    share_key_page([*people, *contacts])
    stay_of = {stay.registrant_id: stay for stay in stays}
    rows = []
    with marked():
        for person in people:
            try:
                rows.append(
                    _row(
                        person,
                        stay_of.get(person.pk),
                        [contact for contact in contacts if contact.registrant_id == person.pk],
                        (whys or {}).get(person.pk, ""),
                    )
                )
            except Erased:
                continue
    return rows


def _row(
    person: Registrant, stay: Stay | None, contacts: Iterable[ContactPoint], why: str | Promise
) -> MaskedRow:
    if person.restricted_at is not None:
        return MaskedRow(
            person_id=person.pk,
            name=DOT * 4,
            birth_year="",
            place="",
            kind="",
            contact="",
            confirmed_on=None,
            why=why,
            is_locked=True,
        )
    return MaskedRow(
        person_id=person.pk,
        name=masked_name(person),
        birth_year=_birth_year(person),
        place=place_name(stay) if stay else "",
        kind=str(STAY_WORDS[stay.kind]) if stay else "",
        contact=_masked_contact(contacts),
        confirmed_on=stay.last_confirmed_at.date() if stay else None,
        why=why,
    )


def _birth_year(person: Registrant) -> str:
    birth = person.birth or {}
    return birth if isinstance(birth, Unreadable) else str(birth.get("year", ""))


def place_name(stay: Stay) -> str:
    """Return area and country of a stay, never the place in the person's own words."""
    country = country_name(stay.country_id)
    if not stay.area_id:
        return country
    return gettext("%(area)s, %(country)s") % {
        "area": area_name(stay.area_id),
        "country": country,
    }


def masked_name(person: Registrant) -> str:
    """Return the given names and the first letter of the family name: "Amal H…".

    A name that is all somebody has, and an alias, are cut to their first letter. A family
    name that is one letter long, as in Chinese, is not shown at all.
    """
    given, family = person.given_names, person.family_names
    for part in (given, family, person.alias):
        if isinstance(part, Unreadable):
            return part
    if given and family:
        first = first_letter(family)
        return f"{given} {first if first != family else ''}…"
    alone = given or family or person.alias
    return f"{first_letter(alone)}…" if len(alone) > 1 else DOT * 3


def first_letter(text: str) -> str:
    """Return the first letter with the marks that belong to it."""
    end = 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return text[:end]


def _masked_contact(contacts: Iterable[ContactPoint]) -> str:
    """Return the first phone, else the first e-mail address, masked."""
    first = min(contacts, key=lambda contact: contact.channel != Channel.SMS, default=None)
    if first is None:
        return ""
    if isinstance(first.value, Unreadable):
        return first.value
    if first.channel == Channel.SMS:
        return masked_phone(first.value)
    # A domain of one's own is as good as a name, so little of it is shown.
    local, _, domain = first.value.rpartition("@")
    return f"{local[:1]}{DOT * 4}@{domain[:1]}{DOT * 4}.{domain.rpartition('.')[2]}"
