"""Invented people and staff for tests, made through the product's own services."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Mandate, Role, StaffUser
from audit.recording import Actor
from crises.models import AffectedArea, Crisis, Level
from encryption.identifiers import new_id
from geography.models import Post
from notifications.models import Broadcast, BroadcastKind, Dispatch
from notifications.services.broadcasting import (
    BroadcastEntry,
    TextEntry,
    approve_broadcast,
    submit_broadcast,
    write_broadcast,
)
from registry.models import Channel, ContactPoint, Registrant, StayKind
from registry.registration import (
    ContactEntry,
    PersonEntry,
    Registration,
    StayEntry,
    alert_purpose,
)
from registry.services.registering import register_person

_numbers = itertools.count(1)


def load_posts() -> None:
    """Load the example posts once per test database."""
    if not Post.objects.exists():
        call_command(
            "load_posts", str(settings.BASE_DIR / "geography/data/example_posts.toml"), verbosity=0
        )


def phone(number: int | None = None) -> str:
    """Return an unused Lebanese mobile number in E.164."""
    return f"+96170{number if number is not None else next(_numbers):06d}"


def register(
    *,
    given_names: str = "Amal",
    family_names: str = "Haddad",
    alias: str = "",
    country: str = "LB",
    area: str | None = "LB-BA",
    place: str = "",
    phones: Sequence[str] | None = None,
    emails: Sequence[str] = (),
    language: str = "en",
    other_languages: tuple[str, ...] = (),
    birth: Mapping[str, int] | None = None,
    passport: str = "",
    consents: Mapping[str, bool] | None = None,
    is_confirmed: bool = True,
    from_on: datetime.date | None = None,
    until_on: datetime.date | None = None,
) -> Registrant:
    """Register one person; by default with one confirmed phone and every alert agreed to."""
    load_posts()
    contacts = [ContactEntry(Channel.SMS, value) for value in (phones or [])]
    if phones is None and not emails:
        contacts = [ContactEntry(Channel.SMS, phone())]
    contacts += [ContactEntry(Channel.EMAIL, value) for value in emails]
    if consents is None:
        consents = {alert_purpose(contact.channel): True for contact in contacts}
    person_id = new_id()
    person, _ = register_person(
        actor=Actor.person(person_id),
        registration=Registration(
            id=person_id,
            language=language,
            stay=StayEntry(
                StayKind.RESIDENCE,
                country,
                area,
                place,
                from_on or timezone.localdate() - datetime.timedelta(days=30),
                until_on,
            ),
            contacts=tuple(contacts),
            person=PersonEntry(
                given_names=given_names,
                family_names=family_names,
                alias=alias,
                birth=birth,
                nationality=settings.HOME_STATE_CODE,
                passport_number=passport,
                other_languages=other_languages,
            ),
            consents=consents,
        ),
    )
    if is_confirmed:
        ContactPoint.objects.filter(registrant=person).update(confirmed_at=timezone.now())
    return person


def staff(role: Role, post: str | None = None, *, email: str = "") -> StaffUser:
    """Make a member of staff with one mandate (an officer's post by its code)."""
    load_posts()
    user = StaffUser.objects.create_user(
        email or f"{role}{next(_numbers)}@meridia.example", "a long password", name=f"The {role}"
    )
    if role == Role.OFFICER and post is None:
        post = "beirut"
    Mandate.objects.create(user=user, role=role, post=Post.objects.get(code=post) if post else None)
    return user


def crisis(
    *areas: tuple[str, str | None],
    excluded: Sequence[tuple[str, str | None]] = (),
    is_exercise: bool = False,
    opened_by: StaffUser | None = None,
) -> Crisis:
    """Open a crisis in these (country, area) places."""
    found = Crisis.objects.create(
        title="Fire in the port",
        level=Level.ACT,
        is_exercise=is_exercise,
        opened_by=opened_by or staff(Role.AUTHOR),
    )
    for country, area in areas or (("LB", "LB-BA"),):
        AffectedArea.objects.create(crisis=found, country_id=country, area_id=area)
    for country, area in excluded:
        AffectedArea.objects.create(
            crisis=found, country_id=country, area_id=area, is_excluded=True
        )
    return found


ENGLISH = TextEntry("Fire in the port", "Stay away from the port of Beirut.", "Fire. Stay inside.")
ARABIC = TextEntry("حريق في المرفأ", "ابتعدوا عن مرفأ بيروت.", "حريق. ابقوا في الداخل.")


def submitted(
    in_crisis: Crisis,
    *,
    author: StaffUser | None = None,
    kind: BroadcastKind = BroadcastKind.ALERT,
    refers_to: Broadcast | None = None,
    texts: Mapping[str, TextEntry] | None = None,
    expires_in: datetime.timedelta = datetime.timedelta(hours=6),
    expected_count: int = 1000,
) -> Broadcast:
    """Write a broadcast and submit it."""
    author = author or staff(Role.AUTHOR)
    broadcast = write_broadcast(
        actor=author,
        crisis=in_crisis,
        entry=BroadcastEntry(
            kind=kind,
            severity="Severe",
            urgency="Immediate",
            certainty="Observed",
            expires_at=timezone.now() + expires_in,
            fallback_language="en",
            texts=texts or {"en": ENGLISH, "ar": ARABIC},
            refers_to=refers_to,
            expected_count=expected_count,
        ),
    )
    submit_broadcast(actor=author, broadcast=broadcast)
    return broadcast


def released(in_crisis: Crisis, *, approver: StaffUser | None = None) -> Dispatch:
    """Write, submit and have somebody else approve a broadcast."""
    broadcast = submitted(in_crisis)
    assert broadcast.submitted_count is not None
    return approve_broadcast(
        actor=approver or staff(Role.APPROVER),
        broadcast=broadcast,
        typed_count=broadcast.submitted_count,
    )


def stood(point: ContactPoint) -> ContactPoint:
    """Let a contact have been confirmed long enough ago to be believed in everything."""
    point.confirmed_at = timezone.now() - datetime.timedelta(days=4)
    point.save(update_fields=["confirmed_at"])
    return point
