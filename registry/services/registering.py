"""Registering a person: drafts that survive, and the one transaction that makes the record."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit.recording import Actor, record
from consent.services import record_answers
from encryption.models import KeySpace
from encryption.person_keys import create_keys, destroy_keys
from encryption.sealed_models import KeyPage
from geography.positions import position_of
from geography.selectors import post_for
from registry.finding.points_cells import note_cells
from registry.indexing import contact_token, last_digits_token, passport_token
from registry.models import (
    ContactPoint,
    ContactProof,
    ProofPurpose,
    Registrant,
    RegistrationDraft,
    Stay,
)
from registry.registration import ContactEntry, Registration, StayEntry
from registry.services.proving import ask_for_proof

DRAFT_LIFE = datetime.timedelta(hours=24)


def start_draft(*, language: str, answers: Mapping[str, Any]) -> RegistrationDraft:
    """Keep the first answers of a registration, sealed under a new person's key."""
    draft = RegistrationDraft(language=language, expires_at=timezone.now() + DRAFT_LIFE)
    key = create_keys([draft.id])[draft.id]
    page = KeyPage([draft.id])
    page.add(draft.id, KeySpace.IDENTITY, key)
    draft.use_key_page(page)
    draft.answers = dict(answers)
    draft.save()
    return draft


def keep_draft(*, draft: RegistrationDraft, answers: Mapping[str, Any]) -> None:
    """Add answers to a draft."""
    draft.answers = {**draft.answers, **answers}
    draft.expires_at = timezone.now() + DRAFT_LIFE
    draft.save()


def drop_draft(*, draft: RegistrationDraft) -> None:
    """Forget a draft and its key."""
    destroy_keys([draft.id])
    draft.delete()


def register_person(
    *, actor: Actor, registration: Registration, channel: str = "web"
) -> tuple[Registrant, list[ContactProof]]:
    """Make the record of a person, their stay, contacts and consents in one transaction.

    Sending the same registration again returns the record that is there. Returns
    the person and the proofs asked for, one per contact point.
    """
    found = Registrant.objects.filter(pk=registration.id).first()
    if found is not None:
        return found, list(
            ContactProof.objects.filter(
                contact_point__registrant_id=found.pk, purpose=ProofPurpose.CONFIRM
            ).order_by("pk")
        )
    page = KeyPage([registration.id])
    if not RegistrationDraft.objects.filter(pk=registration.id).exists():
        # The key is stored first and apart: a key without a person harms nobody.
        page.add(
            registration.id, KeySpace.IDENTITY, create_keys([registration.id])[registration.id]
        )
    with transaction.atomic():
        person = _save_person(registration, page)
        open_stay(person, registration.stay, page)
        points = [add_contact_point(person, contact, page) for contact in registration.contacts]
        record_answers(
            actor=actor,
            subject_id=person.pk,
            language=registration.language,
            answers=registration.consents,
            channel=channel,
            method="unticked-box",
        )
        RegistrationDraft.objects.filter(pk=registration.id).delete()
        record(actor, "registry.person-registered", subject_id=person.pk)
        proofs = [
            ask_for_proof(
                purpose=ProofPurpose.CONFIRM,
                channel=contact.channel,
                token=point.token,
                language=registration.language,
                contact_point=point,
            )
            for contact, point in zip(registration.contacts, points, strict=True)
        ]
    return person, proofs


def _save_person(registration: Registration, page: KeyPage) -> Registrant:
    entry = registration.person
    person = Registrant(
        id=registration.id,
        language=registration.language,
        nationality=entry.nationality,
        other_languages=list(entry.other_languages),
        passport_token=passport_token(entry.passport_number),
    )
    person.use_key_page(page)
    person.given_names = entry.given_names
    person.family_names = entry.family_names
    person.alias = entry.alias
    person.birth = dict(entry.birth) if entry.birth else None
    person.passport_number = entry.passport_number
    person.save(force_insert=True)
    return person


def open_stay(person: Registrant, entry: StayEntry, page: KeyPage | None = None) -> Stay:
    """Write a stay and give it to the post whose district it lies in."""
    stay = Stay(
        registrant=person,
        kind=entry.kind,
        country_id=entry.country_code,
        area_id=entry.area_code,
        post=post_for(entry.country_code, entry.area_code),
        from_on=entry.from_on,
        until_on=entry.until_on,
        last_confirmed_at=timezone.now(),
    )
    if page is not None:
        stay.use_key_page(page)
    stay.place = entry.place
    position = position_of(entry.place, entry.country_code, entry.area_code)
    stay.position = position.as_data() if position else None
    stay.save(force_insert=True)
    if position is not None:
        note_cells([(stay.pk, position)])
    return stay


def add_contact_point(
    person: Registrant, entry: ContactEntry, page: KeyPage | None = None
) -> ContactPoint:
    """Write an unconfirmed contact point with its search tokens."""
    point = ContactPoint(
        registrant=person,
        channel=entry.channel,
        token=contact_token(entry.channel, entry.value),
        last_digits_token=last_digits_token(entry.channel, entry.value),
    )
    if page is not None:
        point.use_key_page(page)
    point.value = entry.value
    point.save(force_insert=True)
    return point
