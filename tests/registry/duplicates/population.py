"""Two thousand people, some of them registered twice in other spellings, and who only looks so."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from benchmarks.finding.mutating import question_about
from benchmarks.people import NameWord, Person, people
from encryption.identifiers import new_id
from encryption.models import KeySpace
from encryption.person_keys import create_keys
from encryption.sealed_models import KeyPage
from geography.models import Post
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import Channel, ContactPoint, Registrant, Stay, StayKind

# How a repeated registration spells the name.
_SPELLINGS = (
    *("exact", "accentless", "one error", "swapped", "transliterated", "transliterated, error"),
    *("partial", "joined"),
)


@dataclass(frozen=True)
class Entry:
    """One registration, as somebody filled it in."""

    given_names: str
    family_names: str
    birth: dict[str, int]
    phone: str
    email: str
    passport: str
    place: str
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class Population:
    """Everybody, in the order of registration, and the pairs that are one person."""

    entries: list[Entry]
    pairs: set[tuple[UUID, UUID]]
    late: list[UUID]


def population(count: int, repeated: int, seed: int) -> Population:
    """Return `count` people of whom `repeated` come twice, and as many families and namesakes
    who are not one person although they share a phone, an address or a name.
    """
    rng = random.Random(seed)
    everybody = list(people(count, seed))
    first = [_entry(person, rng) for person in everybody]
    late, pairs = [], set()
    chosen = rng.sample(range(count), repeated + 300)
    for at in chosen[:repeated]:
        again = _again(everybody[at], first[at], rng)
        late.append(again)
        low, high = sorted((first[at].id, again.id))
        pairs.add((low, high))
    for at in chosen[repeated : repeated + 150]:
        late.append(_relative(everybody[at], first[at], rng))
    for at in chosen[repeated + 150 :]:
        late.append(_namesake(first[at], rng))
    rng.shuffle(late)
    return Population([*first, *late], pairs, [entry.id for entry in late])


def _entry(person: Person, rng: random.Random) -> Entry:
    birth = {"year": person.birth_year}
    if rng.random() < 0.8:
        birth |= {"month": rng.randrange(1, 13), "day": rng.randrange(1, 29)}
    return Entry(
        given_names=person.given_names,
        family_names=person.family_names,
        birth=birth,
        phone=_phone(rng) if rng.random() < 0.85 else "",
        email=_email(rng),
        passport=_passport(rng) if rng.random() < 0.6 else "",
        place=person.place,
    )


def _phone(rng: random.Random) -> str:
    return f"+96170{rng.randrange(10**6):06d}"


def _email(rng: random.Random) -> str:
    return f"p{rng.randrange(10**9)}@mail.example"


def _passport(rng: random.Random) -> str:
    return f"XM{rng.randrange(10**7):07d}"


def _again(person: Person, entry: Entry, rng: random.Random) -> Entry:
    """The same person, months later: another spelling, perhaps another phone or town."""
    question = None
    while question is None:
        question = question_about(person, rng.choice(_SPELLINGS), rng)
    words = question.query.split()
    cut = max(1, len(words) - 1)
    birth = dict(entry.birth)
    slip = rng.random()
    if slip < 0.1:
        birth = {"year": birth["year"]}
    elif slip < 0.15 and "day" in birth:
        birth["day"] = rng.randrange(1, 29)
    elif slip < 0.18:
        birth["year"] += rng.choice((-1, 1))
    return Entry(
        given_names=" ".join(words[:cut]),
        family_names=" ".join(words[cut:]),
        birth=birth,
        phone=entry.phone if rng.random() < 0.5 else _phone(rng),
        email=entry.email if rng.random() < 0.3 else _email(rng),
        passport=entry.passport if rng.random() < 0.5 else "",
        place=entry.place if rng.random() < 0.8 else "Springfield 99999",
    )


def _relative(person: Person, entry: Entry, rng: random.Random) -> Entry:
    """Somebody of the household: family name, phone and place are the same."""
    others = [each for each in people(60, rng.randrange(10**6)) if each.given != person.given]
    given: NameWord = rng.choice(others).given[0]
    return replace(
        entry,
        id=new_id(),
        given_names=given.native if person.is_native else given.latin[0],
        birth={"year": entry.birth["year"] + rng.choice((-31, -3, 0, 2, 28)), "month": 5, "day": 7},
        passport=_passport(rng),
        email=_email(rng),
    )


def _namesake(entry: Entry, rng: random.Random) -> Entry:
    """Somebody of the same name and town, born in another year."""
    year = entry.birth["year"] + rng.choice((-20, -9, 7, 13, 26))
    return replace(
        entry,
        id=new_id(),
        birth={"year": year, "month": rng.randrange(1, 13), "day": rng.randrange(1, 29)},
        phone=_phone(rng),
        email=_email(rng),
        passport=_passport(rng),
    )


def write(entries: Iterable[Entry]) -> None:
    """Write registrations in bulk, as an import does."""
    entries = list(entries)
    page = KeyPage(entry.id for entry in entries)
    for person_id, key in create_keys([entry.id for entry in entries]).items():
        page.add(person_id, KeySpace.IDENTITY, key)
    post = Post.objects.get(code="beirut")
    registrants, stays, contacts = [], [], []
    for entry in entries:
        person = Registrant(
            id=entry.id,
            language="en",
            nationality="XM",
            passport_token=passport_token(entry.passport),
        )
        person.use_key_page(page)
        person.given_names, person.family_names = entry.given_names, entry.family_names
        person.birth, person.passport_number = entry.birth, entry.passport
        registrants.append(person)
        stay = Stay(
            registrant=person,
            kind=StayKind.RESIDENCE,
            country_id="LB",
            post=post,
            from_on=timezone.localdate(),
            last_confirmed_at=timezone.now(),
        )
        stay.use_key_page(page)
        stay.place = entry.place
        stays.append(stay)
        for channel, value in ((Channel.SMS, entry.phone), (Channel.EMAIL, entry.email)):
            if not value:
                continue
            point = ContactPoint(
                registrant=person,
                channel=channel,
                token=contact_token(channel, value),
                last_digits_token=last_digits_token(channel, value),
            )
            point.use_key_page(page)
            point.value = value
            contacts.append(point)
    with transaction.atomic():
        Registrant.objects.bulk_create(registrants)
        Stay.objects.bulk_create(stays)
        ContactPoint.objects.bulk_create(contacts)
