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
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import post_ids_of
from accounts.models import StaffUser
from audit.recording import record
from encryption.digests import keyed_hex
from encryption.keyring import Erased, SealError
from encryption.sealed_models import SealedModel
from geography.models import District, Post
from geography.selectors import codes_covered_by, countries_in_language
from registry.access import registrants_visible_to, stays_visible_to
from registry.finding.choosing import name_engine
from registry.finding.engine import FinderUnavailable
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import Channel, ContactPoint
from registry.recognising import Sought, recognise
from registry.rows import MOST_COUNTED, MOST_ROWS, MaskedRow, masked_rows

SEARCHED = "registry.people-searched"
LISTED = "registry.people-listed"
# Beyond this a phone number without its country code is not tried in every country.
_MOST_COUNTRIES = 12

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
    """What narrows the list of a district: codes, or "" for everything."""

    country: str = ""
    area: str = ""
    kind: str = ""


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


def search(user: StaffUser, text: str) -> Findings:
    """Look for people by a phone number, e-mail address, passport number or name.

    A value that is known exactly wins; only without one is the text read as a name.
    """
    countries = [code for code, _name in countries_of(user)]
    # A post for half the world cannot guess the country of a number without its code.
    sought = recognise(text, countries if len(countries) <= _MOST_COUNTRIES else ())
    with transaction.atomic():
        findings = _found_exactly(user, sought)
        if not findings.rows and sought.name:
            findings = _found_by_name(user, sought.name)
        record(
            user.actor,
            SEARCHED,
            detail={
                "sought": keyed_hex("search", text.casefold()),
                "kind": "name" if findings.is_by_name else "exact",
                "rows": len(findings.rows),
                "is_finder_down": findings.is_finder_down,
            },
        )
    return findings


def people_in_district(
    user: StaffUser, place: Place, *, after: UUID | None = None
) -> tuple[Findings, UUID | None]:
    """Return one page of the people of the user's districts, latest registered first.

    `after` is the last person of the page before. Returns the page and where the next begins,
    or None at the end.
    """
    stays = stays_visible_to(user)
    if place.country:
        stays = stays.filter(country_id=place.country)
    if place.area:
        stays = stays.filter(area_id__in=codes_covered_by(place.area))
    if place.kind:
        stays = stays.filter(kind=place.kind)
    people = registrants_visible_to(user, stays).order_by("-id")
    if after is not None:
        people = people.filter(pk__lt=after)
    with transaction.atomic():
        page = list(people[: MOST_ROWS + 1])
        findings = Findings(masked_rows(user, page[:MOST_ROWS]), len(page) > MOST_ROWS)
        record(
            user.actor,
            LISTED,
            detail={
                "country": place.country,
                "area": place.area,
                "kind": place.kind,
                "rows": len(findings.rows),
            },
        )
    return findings, page[MOST_ROWS - 1].pk if findings.has_more else None


def _found_exactly(user: StaffUser, sought: Sought) -> Findings:
    whys = _exact_whys(user, sought)
    chosen = list(whys)[: MOST_ROWS + 1]
    return _findings(user, chosen, whys)


def _exact_whys(user: StaffUser, sought: Sought) -> dict[UUID, Why]:
    """Return why each person matches, the surest matches first.

    A token says "almost certainly"; the opened value decides.
    """
    visible = registrants_visible_to(user)
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


def _found_by_name(user: StaffUser, name: str) -> Findings:
    try:
        matches = name_engine().search_names(name, post_ids_of(user), MOST_ROWS + 1)
    except FinderUnavailable:
        return Findings([], is_by_name=True, is_finder_down=True)
    whys = {match.person_id: _NAME_WHYS.get(match.reason, _("Name")) for match in matches}
    return replace(_findings(user, list(whys), whys), is_by_name=True)


def _findings(user: StaffUser, ids: Sequence[UUID], whys: Mapping[UUID, Why]) -> Findings:
    """Return the rows of these people, in this order, those the user may see."""
    people = {person.pk: person for person in registrants_visible_to(user).filter(pk__in=ids)}
    shown = [people[person_id] for person_id in ids if person_id in people]
    return Findings(masked_rows(user, shown[:MOST_ROWS], whys), len(shown) > MOST_ROWS)
