"""Reading what is known of many people, with a fixed number of queries for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from encryption.keyring import Erased, SealError
from encryption.sealed_models import share_key_page
from registry.finding.duplicates.evidence import Facts
from registry.finding.duplicates.likeness import name_words
from registry.finding.normalising import words
from registry.models import Channel, ContactPoint, Registrant, Stay

# A number that so many share is a hotel's or an agency's, and says nothing.
MOST_SHARING = 20
_MOST_PLACE_WORDS = 8


def facts_of(person_ids: Collection[UUID]) -> dict[UUID, Facts]:
    """Return the facts of these people, with four queries.

    Somebody who is erased, closed to everybody or cannot be opened is left out.
    """
    people = list(Registrant.objects.unrestricted().filter(pk__in=person_ids))
    contacts: dict[UUID, list[ContactPoint]] = defaultdict(list)
    for contact in ContactPoint.objects.in_use().filter(registrant__in=people):
        contacts[contact.registrant_id].append(contact)
    stays: dict[UUID, list[Stay]] = defaultdict(list)
    for stay in Stay.objects.current().filter(registrant__in=people):
        stays[stay.registrant_id].append(stay)
    share_key_page(
        [
            *people,
            *(row for rows in contacts.values() for row in rows),
            *(row for rows in stays.values() for row in rows),
        ]
    )
    found = {}
    for person in people:
        try:
            found[person.pk] = _facts(person, contacts[person.pk], stays[person.pk])
        except (Erased, SealError):
            continue
    return found


def _facts(person: Registrant, contacts: list[ContactPoint], stays: list[Stay]) -> Facts:
    values = {
        channel: frozenset(row.value.lower() for row in contacts if row.channel == channel)
        for channel in Channel
    }
    place = [each for stay in stays for each in words(stay.place)]
    return Facts(
        person_id=person.pk,
        names=name_words(f"{person.given_names} {person.family_names}"),
        birth=person.birth or {},
        passport=person.passport_number,
        nationality=person.nationality,
        phones=values[Channel.SMS],
        emails=values[Channel.EMAIL],
        areas=frozenset((stay.country_id, stay.area_id or "") for stay in stays),
        post_ids=frozenset(stay.post_id for stay in stays),
        place=frozenset(each.folded for each in place[:_MOST_PLACE_WORDS]),
    )


def sharing_a_token(person_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return, for each of these people, who has a phone, an e-mail address or a passport of
    theirs, by tokens; with four queries. The opened values have the last word.
    """
    mine = list(
        ContactPoint.objects.in_use()
        .filter(registrant__in=person_ids)
        .values_list("registrant_id", "channel", "token")
    )
    tokens = {token for _, _, token in mine}
    others = ContactPoint.objects.in_use().filter(token__in=tokens)
    holders: dict[tuple[int, int], set[UUID]] = defaultdict(set)
    for channel, token, person_id in others.values_list("channel", "token", "registrant_id"):
        holders[channel, token].add(person_id)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for person_id, channel, token in mine:
        if len(holders[channel, token]) <= MOST_SHARING:
            found[person_id] |= holders[channel, token]
    passports = dict(
        Registrant.objects.filter(pk__in=person_ids, passport_token__isnull=False).values_list(
            "pk", "passport_token"
        )
    )
    bearers: dict[int | None, set[UUID]] = defaultdict(set)
    same = Registrant.objects.filter(passport_token__in=set(passports.values()))
    for passport, person_id in same.values_list("passport_token", "pk"):
        bearers[passport].add(person_id)
    for person_id, passport in passports.items():
        if len(bearers[passport]) <= MOST_SHARING:
            found[person_id] |= bearers[passport]
    return {person_id: ids - {person_id} for person_id, ids in found.items()}
