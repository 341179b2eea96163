"""What people ask for about their data."""

import django.db.models.deletion
import django.db.models.functions.datetime
import encryption.identifiers
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("geography", "0002_places"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RightsRequest",
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
                ("person_id", models.UUIDField()),
                (
                    "right",
                    models.CharField(
                        choices=[
                            ("access", "See everything that is held, and who looked"),
                            ("correction", "Have something put right"),
                            ("erasure", "Be erased"),
                            ("restriction", "Have the record locked"),
                            ("objection", "Object to a use"),
                            ("portability", "Take the data elsewhere"),
                        ],
                        max_length=12,
                    ),
                ),
                ("purpose_code", models.CharField(blank=True, max_length=60)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("web", "On the website"),
                            ("sms", "By text message"),
                            ("counter", "At the counter"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "identity",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("document", "Passport or other document seen"),
                            ("receipt", "Receipt and answers that fit the record"),
                            ("known", "Known to the post"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("in-force", "In force"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                (
                    "ground",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("identity", "It is not sure that it is the same person"),
                            ("law", "A law makes us keep it"),
                            ("compelling", "There are compelling grounds, such as danger to life"),
                            ("withdrawn", "The person no longer asks for it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("is_to_be_carried_out", models.BooleanField(default=False)),
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
                    "entered_by",
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "open")),
                        fields=["post", "due_at"],
                        name="open_rights_by_due",
                    ),
                    models.Index(fields=["person_id", "-asked_at"], name="rights_of_a_person"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["open", "in-force"])),
                        fields=("person_id", "right", "purpose_code"),
                        name="a_right_is_asked_for_once_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("state", "open")),
                            models.Q(
                                models.Q(("state", "open"), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="an_answered_request_says_when",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("ground", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="a_refusal_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("way", "counter"), _negated=True),
                            models.Q(
                                ("entered_by__isnull", False),
                                models.Q(("identity", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="a_request_at_the_counter_says_who_checked_and_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("right", "objection"),
                                models.Q(("purpose_code", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("right", "objection"), _negated=True),
                                ("purpose_code", ""),
                            ),
                            _connector="OR",
                        ),
                        name="an_objection_says_to_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("right", "erasure"), _negated=True),
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("entered_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="an_erasure_is_decided_by_somebody_else",
                    ),
                ],
            },
        ),
    ]
