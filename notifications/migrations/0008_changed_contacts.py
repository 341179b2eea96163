"""The message that tells of a changed contact."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_message_codes"),
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
                    ("ack-safe", "Ack Safe"),
                    ("ack-help", "Ack Help"),
                    ("ack-stop", "Ack Stop"),
                    ("ack-here", "Ack Here"),
                    ("ack-other", "Ack Other"),
                ],
                max_length=10,
            ),
        ),
    ]
