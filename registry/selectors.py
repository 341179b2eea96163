"""What the register knows of one person, read for that person and for other apps."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Value, When
from django.utils import timezone

from audit.models import ActorKind, AuditEvent
from consent.models import ConsentEvent, LiveConsent
from consent.receipts import Receipt, receipt_code, receipt_of, same_code
from consent.services import Choice, choices_for
from encryption.sealed_models import share_key_page
from geography.models import Post
from registry.models import (
    Appearance,
    Channel,
    Companion,
    ContactPoint,
    ContactProof,
    EmergencyContact,
    Registrant,
    RegistrationDraft,
    Stay,
)
from registry.registration import alert_purpose

MOST_LOOKS = 200


@dataclass(frozen=True)
class Sheet:
    """Everything the register holds of one person, opened with one key query."""

    person: Registrant
    stays: list[Stay]
    contacts: list[ContactPoint]
    companions: list[Companion]
    emergency_contacts: list[EmergencyContact]

    @property
    def stay(self) -> Stay | None:
        """Where the person is: see `where_now`."""
        return where_now(self.stays)

    @property
    def legs(self) -> list[Stay]:
        """The legs of trips under way or to come, in the order of travel."""
        return legs_among(self.stays)

    @property
    def confirmed_contacts(self) -> list[ContactPoint]:
        """The contacts that were proved."""
        return [contact for contact in self.contacts if contact.confirmed_at is not None]


@dataclass(frozen=True)
class Look:
    """One act of staff on a person's record: when, what, why, for which post. Never who."""

    at: datetime.datetime
    act: str
    reason: str
    post: Post | None


@dataclass(frozen=True)
class Permission:
    """One purpose as it stands for a person: the words, and whether it is switched on."""

    choice: Choice
    is_on: bool


def where_now(stays: Iterable[Stay]) -> Stay | None:
    """Return where a person is, of all their stays, newest first; None if all ended or are to come.

    A home goes before a trip, and what lasts before what was planned to have ended already.
    """
    today = timezone.localdate()
    begun = [stay for stay in stays if stay.ended_at is None and stay.from_on <= today]
    return min(begun, key=lambda stay: (stay.is_over, stay.is_leg), default=None)


def legs_among(stays: Iterable[Stay]) -> list[Stay]:
    """Return the legs of trips under way or to come, in the order of travel."""
    legs = [stay for stay in stays if stay.is_leg and stay.ended_at is None and not stay.is_over]
    return sorted(legs, key=lambda leg: (leg.from_on, leg.until_on or leg.from_on))


def person(person_id: UUID) -> Registrant | None:
    """Return a registered person, or None."""
    return Registrant.objects.filter(pk=person_id).first()


def draft(draft_id: UUID) -> RegistrationDraft | None:
    """Return a draft that has not run out, or None."""
    return RegistrationDraft.objects.filter(pk=draft_id, expires_at__gt=timezone.now()).first()


def sheet_of(person: Registrant) -> Sheet:
    """Return everything held of a person: newest stays first, contacts as they were added."""
    sheet = Sheet(
        person=person,
        stays=list(
            Stay.objects.filter(registrant=person)
            .select_related("post")
            .order_by("-from_on", "-last_confirmed_at")
        ),
        contacts=list(contacts_of(person)),
        companions=list(Companion.objects.filter(registrant=person).order_by("added_at")),
        emergency_contacts=list(
            EmergencyContact.objects.filter(registrant=person).order_by("added_at")
        ),
    )
    share_key_page(
        [person, *sheet.stays, *sheet.contacts, *sheet.companions, *sheet.emergency_contacts]
    )
    return sheet


def proof(proof_id: int) -> ContactProof | None:
    """Return a code that was asked for, or None."""
    return ContactProof.objects.filter(pk=proof_id).first()


def contacts_of(person: Registrant) -> list[ContactPoint]:
    """Return the contacts of a person that are in use, as they were added."""
    found = ContactPoint.objects.in_use().filter(registrant=person).order_by("created_at", "pk")
    contacts = list(found)
    share_key_page([person, *contacts])
    return contacts


def contacts_for_alerts(person_id: UUID) -> list[ContactPoint]:
    """Return the proved contacts by which a person lets us warn them, e-mail first."""
    live = set(
        LiveConsent.objects.filter(subject_id=person_id).values_list("purpose_code", flat=True)
    )
    found = (
        ContactPoint.objects.in_use()
        .filter(registrant_id=person_id, confirmed_at__isnull=False, bounced_at__isnull=True)
        .order_by("channel", "created_at", "pk")
    )
    return [point for point in found if alert_purpose(Channel(point.channel)) in live]


def has_way_for_alerts(person: str) -> Exists:
    """Return, for a query, whether a person has a contact of `contacts_for_alerts`.

    person: the query's column of the person.
    """
    purpose = Case(
        *(
            When(channel=channel, then=Value(alert_purpose(channel)))
            for channel in (Channel.SMS, Channel.EMAIL)
        )
    )
    agreed = LiveConsent.objects.filter(
        subject_id=OuterRef("registrant_id"), purpose_code=OuterRef("purpose")
    )
    return Exists(
        ContactPoint.objects.in_use()
        .filter(registrant=OuterRef(person), confirmed_at__isnull=False, bounced_at__isnull=True)
        .annotate(purpose=purpose)
        .filter(Exists(agreed))
    )


def contact_of(person: Registrant, contact_id: UUID) -> ContactPoint | None:
    """Return a contact in use of this person, or None."""
    return ContactPoint.objects.in_use().filter(registrant=person, pk=contact_id).first()


def companion_of(person: Registrant, companion_id: UUID) -> Companion | None:
    """Return a companion of this person, or None."""
    return Companion.objects.filter(registrant=person, pk=companion_id).first()


def emergency_contact_of(person: Registrant, contact_id: UUID) -> EmergencyContact | None:
    """Return an emergency contact of this person, or None."""
    return EmergencyContact.objects.filter(registrant=person, pk=contact_id).first()


def stay_of(person: Registrant) -> Stay | None:
    """Return where a person is (see `where_now`), or None."""
    open_stays = Stay.objects.filter(registrant=person, ended_at__isnull=True)
    return where_now(open_stays.order_by("-from_on", "-last_confirmed_at"))


def legs_of(person: Registrant) -> list[Stay]:
    """Return the legs of a person's trips under way or to come, in the order of travel."""
    return legs_among(Stay.objects.filter(registrant=person, ended_at__isnull=True))


def permissions_of(person_id: UUID, language: str) -> list[Permission]:
    """Return every optional purpose with its words in a language, and whether it is on."""
    live = set(
        LiveConsent.objects.filter(subject_id=person_id).values_list("purpose_code", flat=True)
    )
    return [Permission(choice, choice.purpose.code in live) for choice in choices_for(language)]


def consent_history(person_id: UUID) -> list[ConsentEvent]:
    """Return every answer a person gave about a purpose, newest first, with its words."""
    events = ConsentEvent.objects.filter(subject_id=person_id)
    return list(events.select_related("notice").order_by("-pk"))


def receipt_with(person_id: UUID, typed: str) -> Receipt | None:
    """Return the receipt of a person's own answer by its code, however it was typed."""
    events = ConsentEvent.objects.filter(subject_id=person_id)
    for event in events.select_related("purpose", "notice"):
        if same_code(typed, receipt_code(event.event_id)):
            return receipt_of(event)
    return None


def appearances_of(person_id: UUID, most: int | None = MOST_LOOKS) -> list[Appearance]:
    """Return in how many lists somebody stood by day, post and sort of list, newest first."""
    found = Appearance.objects.filter(registrant_id=person_id).select_related("post")
    return list(found.order_by("-on", "-pk")[:most])


def looks_at(person_id: UUID, most: int | None = MOST_LOOKS) -> list[Look]:
    """Return the latest acts of staff on a person's record, newest first; `most` None for all."""
    events = (
        AuditEvent.objects.filter(subject_id=person_id, actor_kind=ActorKind.STAFF)
        .order_by("-pk")
        .values_list("at", "act", "reason", "post_id")[:most]
    )
    rows = list(events)
    posts = Post.objects.in_bulk({post_id for *_, post_id in rows if post_id is not None})
    return [Look(at, act, reason, posts.get(post_id)) for at, act, reason, post_id in rows]
