"""Alerting people who did not agree: asked for, approved, over, reviewed; never rewritten."""

import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import encryption.identifiers
from django.conf import settings
from django.db import migrations, models

# What was asked for stays as it was asked; each later fact is added once, in its order.
GUARD = """
CREATE FUNCTION crises_guard_override() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    after jsonb;
    later text[] := ARRAY['approved_by_id', 'approved_at', 'starts_at', 'ends_at',
        'notice_due_at', 'review_due_at', 'ended_by_id', 'ended_at', 'recipient_count',
        'told_at', 'reviewed_by_id', 'reviewed_at', 'finding', 'review_words'];
BEGIN
    IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION 'an override is kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.approved_at IS NOT NULL OR NEW.ended_at IS NOT NULL OR NEW.reviewed_at IS NOT NULL
           OR NEW.told_at IS NOT NULL OR NEW.recipient_count <> 0 THEN
            RAISE EXCEPTION 'an override begins as a request' USING ERRCODE = 'restrict_violation';
        END IF;
        IF EXISTS (SELECT FROM crises_crisis WHERE id = NEW.crisis_id AND is_exercise) THEN
            RAISE EXCEPTION 'no life is at stake in an exercise'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    before := to_jsonb(OLD);
    after := to_jsonb(NEW);
    IF before - later <> after - later THEN
        RAISE EXCEPTION 'what was asked for is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.approved_at IS NOT NULL
       AND (before -> 'approved_at', before -> 'approved_by_id', before -> 'starts_at')
           IS DISTINCT FROM (after -> 'approved_at', after -> 'approved_by_id',
                             after -> 'starts_at') THEN
        RAISE EXCEPTION 'an approval is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL
       AND (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a dropped request is not approved' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL
       AND (before -> 'ended_at', before -> 'ended_by_id')
           IS DISTINCT FROM (after -> 'ended_at', after -> 'ended_by_id') THEN
        RAISE EXCEPTION 'an end is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ends_at IS NOT NULL AND (
           NEW.ends_at > OLD.ends_at OR NEW.notice_due_at > OLD.notice_due_at
           OR NEW.review_due_at > OLD.review_due_at
           OR NEW.ends_at <> OLD.ends_at
              AND (OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL)) THEN
        RAISE EXCEPTION 'an end is only brought forward, by somebody'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.recipient_count < OLD.recipient_count
       OR OLD.told_at IS NOT NULL AND NEW.told_at IS DISTINCT FROM OLD.told_at THEN
        RAISE EXCEPTION 'whom it reached is not taken back' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.reviewed_at IS NOT NULL
       AND (before -> 'reviewed_at', before -> 'reviewed_by_id', before -> 'finding',
            before -> 'review_words')
           IS DISTINCT FROM (after -> 'reviewed_at', after -> 'reviewed_by_id',
                             after -> 'finding', after -> 'review_words') THEN
        RAISE EXCEPTION 'a review is not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER override_guarded BEFORE INSERT OR UPDATE OR DELETE
    ON crises_vitalinterestoverride FOR EACH ROW EXECUTE FUNCTION crises_guard_override();
CREATE TRIGGER override_kept BEFORE TRUNCATE
    ON crises_vitalinterestoverride FOR EACH STATEMENT EXECUTE FUNCTION crises_guard_override();
ALTER TABLE crises_vitalinterestoverride ENABLE ALWAYS TRIGGER override_guarded;
ALTER TABLE crises_vitalinterestoverride ENABLE ALWAYS TRIGGER override_kept;
"""
UNGUARD = """
DROP TRIGGER override_guarded ON crises_vitalinterestoverride;
DROP TRIGGER override_kept ON crises_vitalinterestoverride;
DROP FUNCTION crises_guard_override();
"""
# By the clock on the wall, not of the transaction: a freeze may take minutes.
RUNNING = """
CREATE VIEW crises_override_running WITH (security_invoker = true) AS
SELECT id, crisis_id, basis, fields, includes_refusers, max_recipients - recipient_count AS room
  FROM crises_vitalinterestoverride
 WHERE approved_at IS NOT NULL
   AND starts_at <= clock_timestamp() AND ends_at > clock_timestamp()
"""


class Migration(migrations.Migration):
    dependencies = [
        ("crises", "0004_next_update"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VitalInterestOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.UUIDField(
                        default=encryption.identifiers.new_id, editable=False, unique=True
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("6.1.d", "Protecting somebody's life"),
                            ("6.1.e", "The public task of the consulate"),
                        ],
                        max_length=10,
                    ),
                ),
                ("legal_text", models.CharField(max_length=200)),
                (
                    "fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("contact_points.phone", "Phone numbers"),
                                ("contact_points.email", "E-mail addresses"),
                            ],
                            max_length=60,
                        ),
                        size=None,
                    ),
                ),
                ("reason", models.CharField(max_length=500)),
                ("no_other_basis_because", models.CharField(max_length=500)),
                ("includes_refusers", models.BooleanField(default=False)),
                ("refusers_reason", models.CharField(blank=True, max_length=500)),
                ("max_recipients", models.PositiveIntegerField()),
                ("hours", models.PositiveSmallIntegerField()),
                (
                    "requested_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("approved_at", models.DateTimeField(null=True)),
                ("starts_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("recipient_count", models.PositiveIntegerField(default=0)),
                ("notice_due_at", models.DateTimeField(null=True)),
                ("told_at", models.DateTimeField(null=True)),
                ("review_due_at", models.DateTimeField(null=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "finding",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("needed", "It was needed"),
                            ("too-wide", "It was needed, but not for so many people or so long"),
                            ("not-needed", "It was not needed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("review_words", models.CharField(blank=True, max_length=500)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "crisis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="crises.crisis",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="an_override_is_approved_by_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_at__isnull", True),
                                ("approved_by__isnull", True),
                                ("ends_at__isnull", True),
                                ("notice_due_at__isnull", True),
                                ("recipient_count", 0),
                                ("review_due_at__isnull", True),
                                ("starts_at__isnull", True),
                            ),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("ends_at__isnull", False),
                                ("notice_due_at__isnull", False),
                                ("review_due_at__isnull", False),
                                ("starts_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_approved_override_names_who_and_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True),
                            models.Q(
                                ("ends_at__gte", models.F("starts_at")),
                                (
                                    "ends_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("starts_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=3)),
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="an_override_lasts_72_hours_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours__gte", 1), ("hours__lte", 72)),
                        name="an_override_is_asked_for_72_hours_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "fields__contained_by",
                                ["contact_points.phone", "contact_points.email"],
                            ),
                            ("fields__len__gte", 1),
                        ),
                        name="an_override_opens_contact_points_only",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("basis__in", ["6.1.d", "6.1.e"])),
                        name="an_override_is_no_consent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", ""), _negated=True),
                            models.Q(("no_other_basis_because", ""), _negated=True),
                            models.Q(("legal_text", ""), _negated=True),
                        ),
                        name="an_override_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("includes_refusers", True),
                                models.Q(("refusers_reason", ""), _negated=True),
                            ),
                            models.Q(("includes_refusers", False), ("refusers_reason", "")),
                            _connector="OR",
                        ),
                        name="writing_to_refusers_has_a_reason_of_its_own",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_recipients__gte", 1),
                            ("recipient_count__lte", models.F("max_recipients")),
                        ),
                        name="an_override_reaches_no_more_than_it_may",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__isnull", True),
                            models.Q(
                                (
                                    "notice_due_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("ends_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=7)),
                                    ),
                                ),
                                (
                                    "review_due_at__lte",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("ends_at"),
                                        "+",
                                        models.Value(datetime.timedelta(days=7)),
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="an_override_is_reviewed_within_a_week",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="whoever_ends_an_override_is_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finding", ""),
                                ("reviewed_at__isnull", True),
                                ("reviewed_by__isnull", True),
                            ),
                            models.Q(
                                ("finding__in", ["needed", "too-wide", "not-needed"]),
                                ("reviewed_at__gte", models.F("ends_at")),
                                ("reviewed_at__isnull", False),
                                ("reviewed_by__isnull", False),
                                models.Q(("reviewed_by", models.F("requested_by")), _negated=True),
                                models.Q(("reviewed_by", models.F("approved_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_override_is_reviewed_by_a_third_person",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("approved_at__isnull", True), ("ended_at__isnull", True)
                        ),
                        fields=("crisis",),
                        name="an_override_is_asked_for_once_at_a_time",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(RUNNING, "DROP VIEW crises_override_running"),
    ]
