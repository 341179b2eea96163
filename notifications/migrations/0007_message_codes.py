"""Each message of the ministry gets a code to check it by; a handful of rows."""

from __future__ import annotations

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import notifications.codes


def give_codes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A code of its own for each message there is."""
    for broadcast in apps.get_model("notifications", "Broadcast").objects.filter(code=None):
        broadcast.code = notifications.codes.new_code()
        broadcast.save(update_fields=["code"])


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_copies_at_risk")]

    operations = [
        migrations.AddField(
            "broadcast", "code", models.CharField(max_length=8, null=True, editable=False)
        ),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
        migrations.AlterField(
            "broadcast",
            "code",
            models.CharField(
                max_length=8, default=notifications.codes.new_code, unique=True, editable=False
            ),
        ),
    ]
