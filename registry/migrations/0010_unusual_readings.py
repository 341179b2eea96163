"""Lists people stood in, and readings of records somebody should explain."""

import django.db.models.deletion
import encryption.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("geography", "0002_places"),
        ("registry", "0009_contact_holds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadingMark",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("last_event_id", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Appearance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("search", "Results of a search"),
                            ("district", "The list of the district"),
                        ],
                        max_length=8,
                    ),
                ),
                ("times", models.PositiveIntegerField()),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="geography.post",
                    ),
                ),
                (
                    "registrant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appearances",
                        to="registry.registrant",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["on"], name="appearance_by_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("registrant", "on", "post", "kind"),
                        name="appearances_are_counted_by_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UnusualReading",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=encryption.identifiers.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("event_id", models.BigIntegerField()),
                (
                    "oddity",
                    models.CharField(
                        choices=[
                            ("same-surname", "Same family name as the officer"),
                            ("off-shift", "Outside working hours"),
                            ("above-quota", "More people than usual in a day"),
                            ("sample", "Drawn by lot"),
                        ],
                        max_length=14,
                    ),
                ),
                ("read_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("explained", "Explained"), ("escalated", "Escalated")],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="geography.post",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "")), fields=["read_at"], name="unusual_open"
                    ),
                    models.Index(fields=["staff", "-read_at"], name="unusual_by_staff"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event_id", "oddity"), name="a_reading_is_noted_once_per_oddity"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("staff")), _negated=True),
                            _connector="OR",
                        ),
                        name="nobody_explains_their_own_reading",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("decided_at__isnull", True),
                                ("decided_by__isnull", True),
                                ("outcome", ""),
                            ),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_outcome_names_who_decided",
                    ),
                ],
            },
        ),
    ]
