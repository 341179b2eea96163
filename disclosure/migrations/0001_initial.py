"""Lists of people that leave sealed, and who may be given one."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import encryption.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crises", "0004_next_update"),
        ("geography", "0002_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Recipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("public_key", models.CharField(max_length=80)),
                (
                    "added_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PeopleList",
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
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("evacuation", "Bringing people out"),
                            ("search", "Looking for people who may be hurt"),
                            ("medical", "Medical help"),
                            ("shelter", "Shelter, food and water"),
                        ],
                        max_length=10,
                    ),
                ),
                ("hours", models.PositiveSmallIntegerField()),
                ("expected_count", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waiting for a second officer"),
                            ("approved", "Being made"),
                            ("ready", "Ready to download"),
                            ("refused", "Refused"),
                            ("dropped", "Dropped"),
                            ("expired", "Expired"),
                        ],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_body", models.CharField(max_length=40)),
                (
                    "asked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("decided_body", models.CharField(blank=True, max_length=40)),
                ("decided_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                (
                    "people",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("content", models.BinaryField(default=b"")),
                ("downloads", models.PositiveSmallIntegerField(default=0)),
                ("erased_since", models.PositiveSmallIntegerField(default=0)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "crisis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crises.crisis",
                    ),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="geography.post",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="disclosure.recipient",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                models.Q(("decided_body", models.F("asked_body")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_list_takes_two_officers_of_two_bodies",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["asked", "expired"]),
                            models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="no_list_is_made_undecided",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours__gte", 1), ("hours__lte", 72)),
                        name="a_list_lives_three_days_at_most",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expected_count__lte", 500), ("people__len__lte", 500)),
                        name="a_list_has_a_limit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state", "ready"), ("content", b""), _connector="OR"),
                        name="only_a_ready_list_has_content",
                    ),
                ],
            },
        ),
    ]
