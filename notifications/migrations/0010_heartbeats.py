"""Signs of life of the engine's processes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0009_stay_questions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("owner", models.CharField(max_length=60)),
                (
                    "work",
                    models.CharField(
                        choices=[
                            ("send", "Sending"),
                            ("sweep", "Looking for work"),
                            ("watch", "Watching the workers"),
                        ],
                        max_length=5,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("chunks", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name="heartbeat",
            constraint=models.UniqueConstraint(
                fields=("owner", "work"), name="a_process_has_one_sign_of_life_for_each_work"
            ),
        ),
    ]
