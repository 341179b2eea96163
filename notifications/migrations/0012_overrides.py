"""Deliveries name the override they leave under; whoever it reached is noted, to be told."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Validating reads every delivery; meanwhile nobody else may have to wait.
    atomic = False

    dependencies = [
        ("crises", "0005_overrides"),
        ("notifications", "0011_escalation"),
    ]

    operations = [
        migrations.CreateModel(
            name="OverrideRecipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("registrant_id", models.UUIDField()),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("settled_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("told", "Told in a message"),
                            ("not-reached", "No message had left for them"),
                            (
                                "unsafe",
                                "A message would put them in danger: it stands in their record only",
                            ),
                            ("no-way", "There is no way to write to them any more"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="override_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="messageversion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("broadcast", "Broadcast"),
                    ("confirm", "Confirm"),
                    ("sign-in", "Sign In"),
                    ("personal", "Personal"),
                    ("changed", "Changed"),
                    ("still-here", "Still Here"),
                    ("overridden", "Overridden"),
                    ("ack-safe", "Ack Safe"),
                    ("ack-help", "Ack Help"),
                    ("ack-stop", "Ack Stop"),
                    ("ack-here", "Ack Here"),
                    ("ack-home", "Ack Home"),
                    ("ack-other", "Ack Other"),
                ],
                max_length=10,
            ),
        ),
        AddConstraintNotValid(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", "6.1.d"), _negated=True),
                    ("override_id__isnull", False),
                    _connector="OR",
                ),
                name="a_delivery_names_its_override",
            ),
        ),
        ValidateConstraint(model_name="delivery", name="a_delivery_names_its_override"),
        migrations.AddField(
            model_name="overriderecipient",
            name="override",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="recipients",
                to="crises.vitalinterestoverride",
            ),
        ),
        migrations.AddField(
            model_name="overriderecipient",
            name="told_as",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="notifications.dispatch",
            ),
        ),
        migrations.AddIndex(
            model_name="overriderecipient",
            index=models.Index(fields=["registrant_id"], name="override_by_person"),
        ),
        migrations.AddIndex(
            model_name="overriderecipient",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)),
                fields=["override", "id"],
                name="override_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="overriderecipient",
            constraint=models.UniqueConstraint(
                fields=("override", "registrant_id"), name="an_override_counts_a_person_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="overriderecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("settled_at__isnull", True)),
                    models.Q(
                        ("settled_at__isnull", False), models.Q(("outcome", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="who_was_told_of_an_override_is_settled",
            ),
        ),
    ]
