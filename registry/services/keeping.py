"""What registered people change themselves: their stay, contacts, family and consents."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.recording import Actor, record
from registry.indexing import contact_token, passport_token
from registry.models import (
    Companion,
    ContactPoint,
    ContactProof,
    EmergencyContact,
    ProofPurpose,
    Registrant,
    Stay,
    StayKind,
)
from registry.registration import ContactEntry, PersonEntry, StayEntry
from registry.services.holding import hold_new
from registry.services.proving import ask_for_proof
from registry.services.registering import add_contact_point, open_stay


@transaction.atomic
def confirm_stay(*, actor: Actor, stay: Stay) -> None:
    """The person is still there."""
    stay.last_confirmed_at = timezone.now()
    stay.save(update_fields=["last_confirmed_at"])
    record(actor, "registry.stay-confirmed", subject_id=stay.registrant_id)


@transaction.atomic
def move_person(*, actor: Actor, person: Registrant, entry: StayEntry) -> Stay:
    """The person has moved: end the open stays, begin the new one. Trips to come stay."""
    _hold(person)
    to_come = Q(kind=StayKind.TRAVEL, from_on__gt=timezone.localdate())
    _end_stays(Stay.objects.filter(~to_come, registrant=person))
    stay = open_stay(person, entry)
    record(actor, "registry.person-moved", subject_id=person.pk, post_id=stay.post_id)
    return stay


@transaction.atomic
def person_went_home(*, actor: Actor, person: Registrant) -> None:
    """The person has left for home: nobody is alerted about a place they are not in."""
    _hold(person)
    _end_stays(Stay.objects.filter(registrant=person))
    record(actor, "registry.person-went-home", subject_id=person.pk)


def _hold(person: Registrant) -> None:
    """Let one change of a person follow the other; raises DoesNotExist once they are erased.

    A button pressed twice must not begin two stays, and a change that overtakes an
    erasure must not bring the row back.
    """
    Registrant.objects.select_for_update().only("pk").get(pk=person.pk)


def _end_stays(stays: QuerySet[Stay]) -> None:
    stays.filter(ended_at__isnull=True).update(ended_at=timezone.now())


@transaction.atomic
def correct_person(*, actor: Actor, person: Registrant, entry: PersonEntry, language: str) -> None:
    """Write corrected personal data."""
    _hold(person)
    person.given_names = entry.given_names
    person.family_names = entry.family_names
    person.alias = entry.alias
    person.birth = dict(entry.birth) if entry.birth else None
    person.nationality = entry.nationality
    person.passport_number = entry.passport_number
    person.passport_token = passport_token(entry.passport_number)
    person.other_languages = list(entry.other_languages)
    person.language = language
    person.save()
    record(actor, "registry.person-corrected", subject_id=person.pk)


@transaction.atomic
def add_contact(
    *, actor: Actor, person: Registrant, entry: ContactEntry, language: str
) -> tuple[ContactPoint, ContactProof]:
    """Add a contact point, or find the one that is there, and ask for its proof."""
    _hold(person)
    token = contact_token(entry.channel, entry.value)
    point = (
        ContactPoint.objects.in_use()
        .filter(registrant=person, channel=entry.channel, token=token)
        .first()
    )
    if point is None:
        has_way_in = (
            ContactPoint.objects.opening()
            .filter(registrant=person, confirmed_at__isnull=False)
            .exists()
        )
        point = add_contact_point(person, entry)
        record(
            actor,
            "registry.contact-added",
            subject_id=person.pk,
            object_kind="contact-point",
            object_id=point.pk,
        )
        if has_way_in:
            hold_new(point)
    proof = ask_for_proof(
        purpose=ProofPurpose.CONFIRM,
        channel=entry.channel,
        token=token,
        language=language,
        contact_point=point,
    )
    return point, proof


@transaction.atomic
def add_companion(
    *, actor: Actor, person: Registrant, name: str, birth: Mapping[str, int] | None, relation: str
) -> Companion:
    """Note somebody who is with the person."""
    companion = Companion(registrant=person, relation=relation)
    companion.name = name
    companion.birth = dict(birth) if birth else None
    companion.save(force_insert=True)
    record(actor, "registry.companion-added", subject_id=person.pk)
    return companion


@transaction.atomic
def remove_companion(*, actor: Actor, companion: Companion) -> None:
    """Forget a companion."""
    person_id = companion.registrant_id
    companion.delete()
    record(actor, "registry.companion-removed", subject_id=person_id)


@transaction.atomic
def add_emergency_contact(
    *, actor: Actor, person: Registrant, name: str, relation: str, entry: ContactEntry
) -> EmergencyContact:
    """Note somebody the person wants told in an emergency."""
    contact = EmergencyContact(
        registrant=person,
        relation=relation,
        channel=entry.channel,
        token=contact_token(entry.channel, entry.value),
    )
    contact.name = name
    contact.value = entry.value
    contact.save(force_insert=True)
    record(actor, "registry.emergency-contact-added", subject_id=person.pk)
    return contact


@transaction.atomic
def remove_emergency_contact(*, actor: Actor, contact: EmergencyContact) -> None:
    """Forget an emergency contact."""
    person_id = contact.registrant_id
    contact.delete()
    record(actor, "registry.emergency-contact-removed", subject_id=person_id)
