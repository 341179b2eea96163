"""Loading invented people in bulk: thousands in seconds, through the same sealing as everybody."""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consent.models import ConsentEvent, ConsentState
from consent.services import Choice, choices_for
from demo.names import NAMINGS, Naming
from encryption.identifiers import new_id
from encryption.models import KeySpace
from encryption.person_keys import create_keys
from encryption.sealed_models import KeyPage
from geography.models import Post
from geography.positions import ExactPosition, position_of
from geography.regions import METRES_PER_DEGREE
from geography.selectors import post_for
from registry.finding.points_cells import note_cells
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import Channel, ContactPoint, Registrant, Stay, StayKind
from registry.registration import alert_purpose

BATCH = 2000
# Of people in a town that is known, how many named the town and no more.
_TOWN_ONLY = 0.5


@dataclass(frozen=True)
class Place:
    """Where invented people live, how they write a town there, and how often.

    dialling is the beginning of a mobile number there, digits how many follow.
    """

    country: str
    area: str | None
    town: str
    dialling: str
    digits: int
    weight: int


PLACES = (
    Place("LB", "LB-BA", "Hamra, Beirut", "+96170", 6, 30),
    Place("LB", "LB-JL", "Jounieh", "+96171", 6, 12),
    Place("LB", "LB-AS", "Tripoli", "+96176", 6, 8),
    Place("LB", None, "", "+96178", 6, 4),
    Place("JO", "JO-AM", "Amman", "+96279", 7, 8),
    Place("TR", "TR-34", "Kadıköy, İstanbul", "+90532", 7, 8),
    Place("FR", "FR-IDF", "Montreuil", "+3361", 7, 8),
    Place("GB", "GB-LND", "Hackney", "+4474", 8, 5),
    Place("US", "US-NY", "Queens", "+164655", 5, 5),
    Place("ES", "ES-MD", "Lavapiés", "+3464", 7, 4),
    Place("AE", "AE-DU", "Deira", "+97150", 7, 4),
    Place("KE", "KE-30", "Nairobi", "+25472", 7, 4),
)


@dataclass(frozen=True)
class _Invented:
    id: UUID
    naming: Naming
    place: Place
    number: int


# Which contact points an invented person may have, each as likely as the others.
CONTACTS = ((Channel.SMS,), (Channel.EMAIL,), (Channel.SMS, Channel.EMAIL))


def load_people(
    count: int,
    *,
    seed: int = 2026,
    consenting: float = 0.9,
    contacts: Sequence[tuple[Channel, ...]] = CONTACTS,
) -> int:
    """Write `count` invented people; return how many. Same seed, same people (new ids)."""
    chance = random.Random(seed)
    choices = {
        language: {choice.purpose.code: choice for choice in choices_for(language)}
        for language, _name in settings.LANGUAGES
    }
    written = 0
    known = Registrant.objects.count()
    while written < count:
        batch = [
            _Invented(
                new_id(),
                chance.choice(NAMINGS),
                chance.choices(PLACES, [place.weight for place in PLACES])[0],
                known + written + offset,
            )
            for offset in range(min(BATCH, count - written))
        ]
        _write(batch, chance, choices, consenting, contacts)
        written += len(batch)
    return written


def _write(
    batch: list[_Invented],
    chance: random.Random,
    choices: dict[str, dict[str, Choice]],
    consenting: float,
    kinds: Sequence[tuple[Channel, ...]],
) -> None:
    page = KeyPage(person.id for person in batch)
    for person_id, key in create_keys([person.id for person in batch]).items():
        page.add(person_id, KeySpace.IDENTITY, key)
    people, stays, contacts, events = [], [], [], []
    for invented in batch:
        people.append(_person(invented, chance, page))
        stays.append(_stay(invented, chance, page))
        mine = list(_contacts(invented, chance, page, kinds))
        contacts += mine
        if chance.random() < consenting:
            events += [
                _given(
                    invented, choices[invented.naming.language][alert_purpose(Channel(c.channel))]
                )
                for c in mine
            ]
    with transaction.atomic():
        Registrant.objects.bulk_create(people)
        Stay.objects.bulk_create(stays)
        note_cells(
            [(stay.pk, ExactPosition.from_data(stay.position)) for stay in stays if stay.position]
        )
        ContactPoint.objects.bulk_create(contacts)
        ConsentEvent.objects.bulk_create(events)


def _person(invented: _Invented, chance: random.Random, page: KeyPage) -> Registrant:
    passport = f"XM{chance.randrange(10**7):07d}" if chance.random() < 0.7 else ""
    person = Registrant(
        id=invented.id,
        nationality=settings.HOME_STATE_CODE,
        language=invented.naming.language,
        passport_token=passport_token(passport),
    )
    person.use_key_page(page)
    person.given_names = chance.choice(invented.naming.given)
    person.family_names = chance.choice(invented.naming.family)
    person.birth = {"year": chance.randrange(1940, 2008)}
    person.passport_number = passport
    return person


def _stay(invented: _Invented, chance: random.Random, page: KeyPage) -> Stay:
    place = invented.place
    stay = Stay(
        registrant_id=invented.id,
        kind=chance.choice((StayKind.RESIDENCE, StayKind.WORK, StayKind.STUDY)),
        country_id=place.country,
        area_id=place.area,
        post=_post(place),
        from_on=timezone.localdate() - datetime.timedelta(days=chance.randrange(30, 2000)),
        last_confirmed_at=timezone.now() - datetime.timedelta(days=chance.randrange(400)),
    )
    stay.use_key_page(page)
    stay.place = place.town
    position = _position(invented)
    stay.position = position.as_data() if position else None
    return stay


def _position(invented: _Invented) -> ExactPosition | None:
    """Return where somebody is: in their town, half of them on the metre round its middle."""
    town = _town(invented.place)
    # By themselves, so that the same people keep their names.
    chance = random.Random(invented.number)
    if town is None or chance.random() < _TOWN_ONLY:
        return town
    north, east = (chance.gauss(0, town.metres / 2) / METRES_PER_DEGREE for _ in range(2))
    longitude = town.longitude + east / math.cos(math.radians(town.latitude))
    return ExactPosition(round(town.latitude + north, 6), round(longitude, 6), 50)


@lru_cache(maxsize=64)
def _town(place: Place) -> ExactPosition | None:
    return position_of(place.town, place.country, place.area)


@lru_cache(maxsize=64)
def _post(place: Place) -> Post:
    return post_for(place.country, place.area)


def _contacts(
    invented: _Invented,
    chance: random.Random,
    page: KeyPage,
    kinds: Sequence[tuple[Channel, ...]],
) -> Iterator[ContactPoint]:
    for channel in chance.choice(kinds):
        if channel == Channel.SMS:
            value = f"{invented.place.dialling}{invented.number:0{invented.place.digits}d}"
        else:
            value = f"person{invented.number}@people.example"
        point = ContactPoint(
            registrant_id=invented.id,
            channel=channel,
            token=contact_token(channel, value),
            last_digits_token=last_digits_token(channel, value),
            confirmed_at=timezone.now(),
        )
        point.use_key_page(page)
        point.value = value
        yield point


def _given(invented: _Invented, choice: Choice) -> ConsentEvent:
    now = timezone.now()
    language = invented.naming.language
    return ConsentEvent(
        record_id=uuid5(NAMESPACE_URL, f"consent:{invented.id}:{choice.purpose.code}"),
        subject_id=invented.id,
        purpose=choice.purpose,
        purpose_version=choice.purpose.version,
        basis=choice.purpose.basis,
        notice=choice.notice,
        notice_sha256=choice.notice.sha256,
        rendered_sha256=choice.rendered_sha256,
        language=language,
        language_asked=language,
        state=ConsentState.GIVEN,
        event_type="explicit",
        occurred_at=now,
        valid_until=now + datetime.timedelta(days=choice.purpose.validity_days),
        actor_id=invented.id,
        channel="web",
        method="unticked-box",
        app_build=settings.APP_BUILD,
    )
