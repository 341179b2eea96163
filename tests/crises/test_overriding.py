"""One person alone overrides nobody's refusal, not for longer than three days, and not for ever."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Mandate, Role, StaffUser
from audit.models import AuditEvent
from consent.models import Basis
from crises.models import Crisis, OverrideField, ReviewFinding, VitalInterestOverride
from crises.overriding import (
    OverrideEntry,
    approve_override,
    end_override,
    overdue_overrides,
    request_override,
    review_override,
    running_override_id,
)
from crises.services import NotAllowed
from tests.people import crisis, staff

pytestmark = pytest.mark.django_db


def entry(**changed: Any) -> OverrideEntry:
    return OverrideEntry(
        **{
            "basis": Basis.VITAL_INTEREST,
            "legal_text": "Crisis Act, section 4",
            "fields": [OverrideField.PHONE],
            "reason": "The dam above the town is breaking.",
            "no_other_basis_because": "Nobody can be asked in time.",
            "max_recipients": 100,
            "hours": 24,
            **changed,
        }
    )


def asked(in_crisis: Crisis | None = None, **changed: Any) -> VitalInterestOverride:
    return request_override(
        actor=staff(Role.AUTHOR), crisis=in_crisis or crisis(), entry=entry(**changed)
    )


def running(in_crisis: Crisis | None = None, **changed: Any) -> VitalInterestOverride:
    waiting = asked(in_crisis, **changed)
    return approve_override(
        actor=staff(Role.APPROVER),
        override_id=waiting.public_id,
        typed_most=waiting.max_recipients,
    )


def over(in_crisis: Crisis | None = None, **changed: Any) -> VitalInterestOverride:
    """Return an override somebody ended."""
    return end_override(
        actor=staff(Role.AUTHOR), override_id=running(in_crisis, **changed).public_id
    )


def sql(sentence: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sentence, values)


def let_pass(override: VitalInterestOverride, time: datetime.timedelta) -> None:
    """Move an override into the past, as if so much time had gone by."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE crises_vitalinterestoverride DISABLE TRIGGER override_guarded")
        cursor.execute(
            """UPDATE crises_vitalinterestoverride
                  SET requested_at = requested_at - past.t, approved_at = approved_at - past.t,
                      starts_at = starts_at - past.t, ends_at = ends_at - past.t,
                      notice_due_at = notice_due_at - past.t,
                      review_due_at = review_due_at - past.t
                 FROM make_interval(secs => %s) AS past(t)
                WHERE id = %s""",
            [time.total_seconds(), override.pk],
        )
        cursor.execute(
            "ALTER TABLE crises_vitalinterestoverride ENABLE ALWAYS TRIGGER override_guarded"
        )
    override.refresh_from_db()


def both_roles() -> StaffUser:
    user = staff(Role.AUTHOR)
    Mandate.objects.create(user=user, role=Role.APPROVER)
    Mandate.objects.create(user=user, role=Role.DATA_PROTECTION)
    return user


def test_it_begins_when_a_second_person_approves_and_ends_by_the_clock() -> None:
    override = running(hours=24)
    assert override.is_running
    assert override.ends_at is not None
    assert override.starts_at is not None
    assert override.ends_at - override.starts_at == datetime.timedelta(hours=24)
    assert running_override_id(override.crisis_id) == override.pk
    let_pass(override, datetime.timedelta(hours=24))
    assert override.is_over
    assert running_override_id(override.crisis_id) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM crises_override_running")
        assert cursor.fetchone() == (0,)


def test_nobody_approves_their_own() -> None:
    user = both_roles()
    override = request_override(actor=user, crisis=crisis(), entry=entry())
    with pytest.raises(NotAllowed):
        approve_override(actor=user, override_id=override.public_id, typed_most=100)
    override.refresh_from_db()
    assert override.approved_at is None


_APPROVE = """
    UPDATE crises_vitalinterestoverride
       SET approved_by_id = %s, approved_at = now(), starts_at = now(),
           ends_at = now() + %s, notice_due_at = now() + %s, review_due_at = now() + %s
     WHERE id = %s"""
_DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("hours", "notice", "review"),
    [(73, 4 * _DAY, 5 * _DAY), (24, 4 * _DAY, 9 * _DAY), (24, 9 * _DAY, 8 * _DAY)],
)
def test_the_database_refuses_longer_ones(
    hours: int, notice: datetime.timedelta, review: datetime.timedelta
) -> None:
    override, approver = asked(), staff(Role.APPROVER)
    long = datetime.timedelta(hours=hours)
    with pytest.raises(IntegrityError):
        sql(_APPROVE, approver.pk, long, notice, review, override.pk)
    sql(_APPROVE, approver.pk, 3 * _DAY, 6 * _DAY, 10 * _DAY, override.pk)


def test_the_database_refuses_one_person_and_nobody() -> None:
    override = asked()
    for approver in (override.requested_by_id, None):
        with pytest.raises(IntegrityError, match="override"):
            sql(_APPROVE, approver, _DAY, 2 * _DAY, 2 * _DAY, override.pk)


@pytest.mark.parametrize(
    ("changed", "constraint"),
    [
        ({"hours": 73}, "72_hours"),
        ({"hours": 0}, "72_hours"),
        ({"reason": ""}, "says_why"),
        ({"no_other_basis_because": ""}, "says_why"),
        ({"legal_text": ""}, "says_why"),
        ({"max_recipients": 0}, "no_more_than_it_may"),
        ({"fields": []}, "contact_points_only"),
        ({"basis": Basis.CONSENT}, "no_consent"),
    ],
)
def test_the_database_refuses_what_may_not_be_asked(
    changed: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        asked(**changed)


def test_the_database_opens_nothing_but_contact_points() -> None:
    override = asked()
    with pytest.raises(IntegrityError, match="contact_points_only"):
        sql(
            """INSERT INTO crises_vitalinterestoverride
                      (public_id, crisis_id, basis, legal_text, fields, reason, refusers_reason,
                       no_other_basis_because, includes_refusers, max_recipients, hours,
                       requested_by_id, recipient_count, finding, review_words)
               SELECT gen_random_uuid(), %s, basis, legal_text, ARRAY['names'], reason, '',
                      'none', false, 10, 10, requested_by_id, 0, '', ''
                 FROM crises_vitalinterestoverride WHERE id = %s""",
            crisis().pk,
            override.pk,
        )


def test_writing_to_refusers_needs_its_own_reason() -> None:
    assert asked(refusers_reason="They will drown.").includes_refusers
    with pytest.raises(IntegrityError, match="reason_of_its_own"):
        VitalInterestOverride.objects.create(
            crisis=crisis(),
            basis=Basis.VITAL_INTEREST,
            legal_text="Act",
            fields=[OverrideField.PHONE.value],
            reason="a",
            no_other_basis_because="b",
            includes_refusers=True,
            max_recipients=1,
            hours=1,
            requested_by=staff(Role.AUTHOR),
        )


REWRITES = [
    "reason = 'another'",
    "max_recipients = 1000000",
    "includes_refusers = true, refusers_reason = 'x'",
    "hours = 72",
    "fields = ARRAY['contact_points.email']",
    "approved_at = approved_at - interval '1 h'",
    "ends_at = ends_at + interval '1 h'",
    "ends_at = ends_at - interval '1 h'",
    "review_due_at = review_due_at + interval '1 s'",
    "recipient_count = recipient_count - 1",
]


@pytest.mark.parametrize("rewrite", REWRITES)
def test_what_was_decided_is_not_rewritten(rewrite: str) -> None:
    override = running()
    sql("UPDATE crises_vitalinterestoverride SET recipient_count = 5 WHERE id = %s", override.pk)
    with pytest.raises(IntegrityError):
        sql(f"UPDATE crises_vitalinterestoverride SET {rewrite} WHERE id = %s", override.pk)


@pytest.mark.parametrize(
    "sentence",
    ["DELETE FROM crises_vitalinterestoverride", "TRUNCATE crises_vitalinterestoverride CASCADE"],
)
def test_an_override_is_kept(sentence: str) -> None:
    running()
    with pytest.raises(IntegrityError, match="is kept"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(sentence)


def test_it_never_reaches_more_than_it_may() -> None:
    override = running(max_recipients=5)
    with pytest.raises(IntegrityError, match="no_more_than_it_may"):
        sql(
            "UPDATE crises_vitalinterestoverride SET recipient_count = 6 WHERE id = %s",
            override.pk,
        )


def test_there_is_one_at_a_time_and_none_in_an_exercise() -> None:
    here = crisis()
    waiting = asked(here)
    with pytest.raises(ValidationError):
        asked(here)
    end_override(actor=staff(Role.APPROVER), override_id=waiting.public_id)
    running(here)
    with pytest.raises(ValidationError):
        asked(here)
    with pytest.raises(NotAllowed):
        asked(crisis(is_exercise=True))
    with pytest.raises(IntegrityError, match="exercise"), transaction.atomic():
        VitalInterestOverride.objects.filter(pk=waiting.pk).bulk_create(
            [
                VitalInterestOverride(
                    crisis=crisis(is_exercise=True),
                    basis=Basis.VITAL_INTEREST,
                    legal_text="Act",
                    fields=[OverrideField.PHONE.value],
                    reason="a",
                    no_other_basis_because="b",
                    max_recipients=1,
                    hours=1,
                    requested_by=staff(Role.AUTHOR),
                )
            ]
        )


def test_a_request_nobody_answered_lapses() -> None:
    old = asked()
    let_pass(old, datetime.timedelta(hours=25))
    with pytest.raises(NotAllowed):
        approve_override(actor=staff(Role.APPROVER), override_id=old.public_id, typed_most=100)
    assert asked(old.crisis).is_waiting
    old.refresh_from_db()
    assert old.ended_at is not None


def test_the_approver_types_the_most() -> None:
    waiting = asked()
    with pytest.raises(ValidationError):
        approve_override(actor=staff(Role.APPROVER), override_id=waiting.public_id, typed_most=99)
    with pytest.raises(NotAllowed):
        approve_override(actor=staff(Role.AUTHOR), override_id=waiting.public_id, typed_most=100)


def test_one_person_ends_it_and_only_once() -> None:
    override = over()
    assert override.is_over
    assert override.ends_at is not None
    assert override.review_due_at is not None
    assert override.review_due_at - override.ends_at == datetime.timedelta(days=7)
    with pytest.raises(NotAllowed):
        end_override(actor=staff(Role.AUTHOR), override_id=override.public_id)


def test_a_third_person_reviews_what_is_over() -> None:
    override = running()
    officer = staff(Role.DATA_PROTECTION)
    with pytest.raises(NotAllowed):
        review_override(actor=officer, override_id=override.public_id, finding=ReviewFinding.NEEDED)
    end_override(actor=staff(Role.AUTHOR), override_id=override.public_id)
    Mandate.objects.create(user=override.requested_by, role=Role.DATA_PROTECTION)
    with pytest.raises(NotAllowed):
        review_override(
            actor=override.requested_by,
            override_id=override.public_id,
            finding=ReviewFinding.NEEDED,
        )
    for had_part in (override.requested_by_id, override.approved_by_id):
        with pytest.raises(IntegrityError, match="third_person"):
            sql(
                """UPDATE crises_vitalinterestoverride
                      SET reviewed_by_id = %s, reviewed_at = clock_timestamp(), finding = 'needed'
                    WHERE id = %s""",
                had_part,
                override.pk,
            )
    reviewed = review_override(
        actor=officer, override_id=override.public_id, finding=ReviewFinding.TOO_WIDE, words="Half"
    )
    assert reviewed.finding == ReviewFinding.TOO_WIDE
    with pytest.raises(IntegrityError, match="review is not changed"):
        sql("UPDATE crises_vitalinterestoverride SET finding = 'needed'")


def test_what_is_overdue_is_listed() -> None:
    override = over()
    assert overdue_overrides().reviews == []
    let_pass(override, datetime.timedelta(days=8))
    found = overdue_overrides()
    assert found.reviews == [override]
    assert found.notices == [override]
    review_override(
        actor=staff(Role.DATA_PROTECTION),
        override_id=override.public_id,
        finding=ReviewFinding.NEEDED,
    )
    assert overdue_overrides().reviews == []


def test_every_step_is_in_the_record() -> None:
    began = timezone.now()
    override = over()
    review_override(
        actor=staff(Role.DATA_PROTECTION),
        override_id=override.public_id,
        finding=ReviewFinding.NEEDED,
    )
    acts = AuditEvent.objects.filter(object_kind="override", at__gte=began).order_by("pk")
    assert [event.act for event in acts] == [
        "crises.override-requested",
        "crises.override-approved",
        "crises.override-ended",
        "crises.override-reviewed",
    ]
