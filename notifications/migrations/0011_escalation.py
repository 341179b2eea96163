"""The ladder for people who do not answer: timers, tasks, and who may be a rung."""

import django.db.models.deletion
import encryption.identifiers
from django.conf import settings
from django.db import migrations, models

# A rung of a ladder may send again what two people approved: those words, in that crisis.
FORWARD = """
CREATE OR REPLACE FUNCTION notifications_guard_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b record;
    message_kind text;
BEGIN
    SELECT kind INTO message_kind FROM notifications_messageversion WHERE id = NEW.message_id;
    IF NEW.broadcast_id IS NULL THEN
        IF message_kind = 'broadcast' AND NOT EXISTS (
               SELECT FROM notifications_dispatch first
                WHERE first.id = NEW.escalates_id AND first.broadcast_id IS NOT NULL
                  AND first.message_id = NEW.message_id AND first.crisis_id = NEW.crisis_id
                  AND first.is_exercise = NEW.is_exercise) THEN
            RAISE EXCEPTION 'a broadcast message needs an approved broadcast'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT state, author_id, approved_by_id, is_exercise INTO b
      FROM notifications_broadcast WHERE id = NEW.broadcast_id;
    IF b.state <> 'approved' OR b.approved_by_id IS NULL OR b.approved_by_id = b.author_id THEN
        RAISE EXCEPTION 'a broadcast is sent only after a second person approved it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF b.is_exercise <> NEW.is_exercise THEN
        RAISE EXCEPTION 'an exercise stays an exercise' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER dispatch_guarded ON notifications_dispatch;
CREATE TRIGGER dispatch_guarded BEFORE INSERT OR UPDATE OF broadcast_id, message_id, is_exercise,
    escalates_id, crisis_id
    ON notifications_dispatch FOR EACH ROW EXECUTE FUNCTION notifications_guard_dispatch();
"""

BACKWARD = """
DROP TRIGGER dispatch_guarded ON notifications_dispatch;
CREATE OR REPLACE FUNCTION notifications_guard_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b record;
    message_kind text;
BEGIN
    SELECT kind INTO message_kind FROM notifications_messageversion WHERE id = NEW.message_id;
    IF NEW.broadcast_id IS NULL THEN
        IF message_kind = 'broadcast' THEN
            RAISE EXCEPTION 'a broadcast message needs an approved broadcast'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT state, author_id, approved_by_id, is_exercise INTO b
      FROM notifications_broadcast WHERE id = NEW.broadcast_id;
    IF b.state <> 'approved' OR b.approved_by_id IS NULL OR b.approved_by_id = b.author_id THEN
        RAISE EXCEPTION 'a broadcast is sent only after a second person approved it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF b.is_exercise <> NEW.is_exercise THEN
        RAISE EXCEPTION 'an exercise stays an exercise' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispatch_guarded BEFORE INSERT OR UPDATE OF broadcast_id, message_id, is_exercise
    ON notifications_dispatch FOR EACH ROW EXECUTE FUNCTION notifications_guard_dispatch();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("crises", "0004_next_update"),
        ("notifications", "0010_heartbeats"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dispatch",
            name="escalates",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rungs",
                to="notifications.dispatch",
            ),
        ),
        migrations.CreateModel(
            name="EscalationTimer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("other-way", "By a way not used yet"),
                            ("other-language", "In their next language"),
                            ("emergency-contact", "Call the emergency contact"),
                            ("focal-point", "Ask somebody of the community"),
                            ("field-check", "Somebody goes and looks"),
                        ],
                        max_length=20,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("began_at", models.DateTimeField(null=True)),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "dispatch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timers",
                        to="notifications.dispatch",
                    ),
                ),
                (
                    "sent_as",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalation",
                        to="notifications.dispatch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("began_at__isnull", True), ("stopped_at__isnull", True)
                        ),
                        fields=["due_at"],
                        name="timer_to_ring",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dispatch", "step"), name="a_ladder_has_each_rung_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sent_as__isnull", True), ("began_at__isnull", False), _connector="OR"
                        ),
                        name="only_a_rung_that_began_has_sent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PhoneTask",
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
                ("registrant_id", models.UUIDField()),
                ("post_id", models.IntegerField(null=True)),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("other-way", "By a way not used yet"),
                            ("other-language", "In their next language"),
                            ("emergency-contact", "Call the emergency contact"),
                            ("focal-point", "Ask somebody of the community"),
                            ("field-check", "Somebody goes and looks"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "To do"),
                            ("done", "Done"),
                            ("needless", "No longer needed"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("token", models.BigIntegerField(default=0)),
                ("lease_until", models.DateTimeField(null=True)),
                ("tries", models.SmallIntegerField(default=0)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("safe", "They are safe"),
                            ("help", "They need help"),
                            ("nobody-there", "Nobody answered"),
                            ("no-way", "There is nobody to ask"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "crisis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crises.crisis",
                    ),
                ),
                (
                    "dispatch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="phone_tasks",
                        to="notifications.dispatch",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["post_id", "due_at"],
                        name="phone_task_to_claim",
                    ),
                    models.Index(fields=["registrant_id"], name="phone_task_by_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dispatch", "registrant_id", "step"),
                        name="a_person_is_asked_after_once_on_each_rung",
                    )
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
