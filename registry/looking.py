"""An officer looks for somebody: by what they typed, or down the list of the district.

Both show masked rows only and are written down: who looked, for what (a keyed digest
that tells nobody else), and how many rows came. Opening a record is a separate act
(registry.access.open_record).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import post_ids_of
from accounts.models import StaffUser
from audit.recording import record
from consent.receipts import subjects_of_code
from encryption.digests import keyed_hex
from encryption.keyring import Erased, SealError
from encryption.sealed_models import SealedModel
from geography.models import District, Post
from geography.selectors import codes_covered_by, countries_in_language
from registry.access import findable_by, registrants_visible_to, stays_visible_to
from registry.appearing import note_appearances
from registry.finding.choosing import name_engine
from registry.finding.engine import FinderUnavailable
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import Channel, ContactPoint, ListKind, Registrant
from registry.recognising import Sought, recognise
from registry.rows import MOST_COUNTED, MOST_ROWS, MaskedRow, masked_rows

SEARCHED = "registry.people-searched"
LISTED = "registry.people-listed"
# Beyond this a phone number without its country code is not tried in every country.
_MOST_COUNTRIES = 12
# Matches among which area, kind of stay and language choose; the finder gives no more.
_MOST_NARROWED = 100

Why = str | Promise
# Why the finder says somebody was found (registry.finding.ranking.Reason), in words.
_NAME_WHYS: Mapping[str, Promise] = {
    "exact": _("Name"),
    "order": _("Name, in another order"),
    "spelling": _("Name, spelled otherwise"),
    "transliteration": _("Name, in another script"),
    "joined": _("Name, written together or apart"),
    "partial": _("Part of the name"),
}


@dataclass(frozen=True)
class Findings:
    """The masked rows of one look. `has_more` people are there than rows."""

    rows: list[MaskedRow]
    has_more: bool = False
    is_by_name: bool = False
    is_finder_down: bool = False

    @property
    def count_text(self) -> str:
        """How many, and from ten on no more than that."""
        many = self.has_more or len(self.rows) > MOST_COUNTED
        return f"{MOST_COUNTED}+" if many else str(len(self.rows))


@dataclass(frozen=True)
class Place:
    """What narrows a search or the list of a district: codes, or "" for everything."""

    country: str = ""
    area: str = ""
    kind: str = ""
    language: str = ""


EVERYWHERE = Place()


def countries_of(user: StaffUser) -> list[tuple[str, str]]:
    """Return (code, name) of the countries this user's posts look after."""
    posts = list(Post.objects.filter(pk__in=post_ids_of(user)))
    everywhere = countries_in_language()
    if any(post.is_fallback for post in posts):
        return everywhere
    codes = set(
        District.objects.in_force().filter(post__in=posts).values_list("country_id", flat=True)
    )
    return [(code, name) for code, name in everywhere if code in codes]


def search(user: StaffUser, text: str, place: Place = EVERYWHERE) -> Findings:
    """Look for people by phone number, e-mail address, passport number, receipt or name.

    A value that is known exactly wins; only without one is the text read as a name. Nobody
    out of the user's districts takes part in it, and nobody out of `place` is shown.
    """
    countries = [code for code, _name in countries_of(user)]
    # A post for half the world cannot guess the country of a number without its code.
    sought = recognise(text, countries if len(countries) <= _MOST_COUNTRIES else ())
    with transaction.atomic():
        people = _people_in(user, place)
        findings = _found_exactly(user, _people_in(user, place, with_locked=True), sought)
        if not findings.rows and sought.name:
            findings = _found_by_name(user, people, sought.name, place)
        record(
            user.actor,
            SEARCHED,
            detail={
                "sought": keyed_hex("search", text.casefold()),
                "kind": "name" if findings.is_by_name else "exact",
                "rows": len(findings.rows),
                "is_finder_down": findings.is_finder_down,
                **_codes(place),
            },
            revealed_ids=[row.person_id for row in findings.rows],
        )
        shown = [row.person_id for row in findings.rows]
        note_appearances(user, shown, ListKind.SEARCH)
    return findings


def people_in_district(
    user: StaffUser, place: Place, *, after: UUID | None = None
) -> tuple[Findings, UUID | None]:
    """Return one page of the people of the user's districts, latest registered first.

    `after` is the last person of the page before. Returns the page and where the next begins,
    or None at the end.
    """
    people = _people_in(user, place).order_by("-id")
    if after is not None:
        people = people.filter(pk__lt=after)
    with transaction.atomic():
        page = list(people[: MOST_ROWS + 1])
        findings = Findings(masked_rows(user, page[:MOST_ROWS]), len(page) > MOST_ROWS)
        record(
            user.actor,
            LISTED,
            detail={**_codes(place), "rows": len(findings.rows)},
            revealed_ids=[row.person_id for row in findings.rows],
        )
        shown = [row.person_id for row in findings.rows]
        note_appearances(user, shown, ListKind.DISTRICT)
    return findings, page[MOST_ROWS - 1].pk if findings.has_more else None


def _people_in(user: StaffUser, place: Place, *, with_locked: bool = False) -> QuerySet[Registrant]:
    """Return the people the user may see who stay, as they do, in a place.

    with_locked: also those whose record is locked, for who knows their number already.
    """
    stays = stays_visible_to(user)
    if place.country:
        stays = stays.filter(country_id=place.country)
    if place.area:
        stays = stays.filter(area_id__in=codes_covered_by(place.area))
    if place.kind:
        stays = stays.filter(kind=place.kind)
    people = findable_by(user, stays) if with_locked else registrants_visible_to(user, stays)
    if place.language:
        speaks = Q(language=place.language) | Q(other_languages__contains=[place.language])
        people = people.filter(speaks)
    return people


def _codes(place: Place) -> dict[str, str]:
    return {
        "country": place.country,
        "area": place.area,
        "stay": place.kind,
        "language": place.language,
    }


def _found_exactly(user: StaffUser, people: QuerySet[Registrant], sought: Sought) -> Findings:
    whys = _exact_whys(people, sought)
    chosen = list(whys)[: MOST_ROWS + 1]
    return _findings(user, people, chosen, whys)


def _exact_whys(visible: QuerySet[Registrant], sought: Sought) -> dict[UUID, Why]:
    """Return why each person matches, the surest matches first.

    A token says "almost certainly"; the opened value decides.
    """
    whys: dict[UUID, Why] = {}
    points = list(
        ContactPoint.objects.in_use()
        .filter(_tokens_of(sought), registrant__in=visible)
        .order_by("-pk")[: 2 * MOST_ROWS]
    )
    values = [(point.registrant_id, _opened(point, "value")) for point in points]
    for person_id, value in values:
        if value in sought.phones:
            whys[person_id] = _("Phone number")
        elif sought.email and value.lower() == sought.email:
            whys[person_id] = _("E-mail address")
    if sought.passport:
        token = passport_token(sought.passport)
        for person in visible.filter(passport_token=token)[:MOST_ROWS]:
            if _opened(person, "passport_number") == sought.passport:
                whys.setdefault(person.pk, _("Passport number"))
    if sought.receipt:
        subjects = subjects_of_code(sought.receipt)
        for person_id in visible.filter(pk__in=subjects).values_list("pk", flat=True):
            whys.setdefault(person_id, _("Receipt"))
    for person_id, value in values:
        if sought.last_digits and value.endswith(sought.last_digits):
            whys.setdefault(person_id, _("End of the phone number"))
    return whys


def _opened(row: SealedModel, field: str) -> str:
    """Return a sealed value, or "" when its person is being erased or it is refused."""
    try:
        return str(getattr(row, field))
    except (Erased, SealError):
        return ""


def _tokens_of(sought: Sought) -> Q:
    # Matches nobody by itself.
    tokens = Q(pk__in=[])
    if sought.phones:
        phones = [contact_token(Channel.SMS, phone) for phone in sought.phones]
        tokens |= Q(channel=Channel.SMS, token__in=phones)
    if sought.email:
        tokens |= Q(channel=Channel.EMAIL, token=contact_token(Channel.EMAIL, sought.email))
    if sought.last_digits:
        tokens |= Q(last_digits_token=last_digits_token(Channel.SMS, sought.last_digits))
    return tokens


def _found_by_name(
    user: StaffUser, people: QuerySet[Registrant], name: str, place: Place
) -> Findings:
    # What narrows the search is known to the database alone: it chooses among more.
    most = MOST_ROWS + 1 if place == EVERYWHERE else _MOST_NARROWED
    try:
        matches = name_engine().search_names(name, post_ids_of(user), most)
    except FinderUnavailable:
        return Findings([], is_by_name=True, is_finder_down=True)
    whys = {match.person_id: _NAME_WHYS.get(match.reason, _("Name")) for match in matches}
    return replace(_findings(user, people, list(whys), whys), is_by_name=True)


def _findings(
    user: StaffUser,
    people: QuerySet[Registrant],
    ids: Sequence[UUID],
    whys: Mapping[UUID, Why],
) -> Findings:
    """Return the rows of these people, in this order, those the user may see."""
    # Before anything is opened the list is cut: only who is shown is unsealed.
    here = set(people.filter(pk__in=ids).values_list("pk", flat=True))
    chosen = [person_id for person_id in ids if person_id in here][: MOST_ROWS + 1]
    found = {person.pk: person for person in people.filter(pk__in=chosen)}
    shown = [found[person_id] for person_id in chosen if person_id in found]
    return Findings(masked_rows(user, shown[:MOST_ROWS], whys), len(shown) > MOST_ROWS)
