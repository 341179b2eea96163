"""The question whether somebody is still there, and its one answer."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0008_changed_contacts"),
        ("registry", "0011_stay_observations"),
    ]

    operations = [
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
        migrations.CreateModel(
            name="StayQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("here", "Yes, I am still there"),
                            ("moved", "No, I have moved"),
                            ("home", "No, I have gone home"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "dispatch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="question",
                        to="notifications.dispatch",
                    ),
                ),
                (
                    "stay",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="questions",
                        to="registry.stay",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["stay", "-asked_at"], name="question_by_stay")],
            },
        ),
    ]
