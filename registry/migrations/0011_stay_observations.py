"""What answers about stays teach; nobody is named in it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("geography", "0002_places"),
        ("registry", "0010_unusual_readings"),
    ]

    operations = [
        migrations.CreateModel(
            name="StayObservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("residence", "I live here"),
                            ("work", "I work here"),
                            ("study", "I study here"),
                            ("travel", "I am travelling"),
                            ("other", "Something else"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_dated", models.BooleanField()),
                ("age_days", models.PositiveIntegerField()),
                ("is_there", models.BooleanField()),
                ("on", models.DateField()),
                (
                    "country",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="geography.country",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "is_dated"], name="observation_by_kind")],
            },
        ),
    ]
