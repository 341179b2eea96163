from __future__ import annotations

from typing import Any

from django.db import migrations

from geography.loading import load_places


def load(apps: Any, schema_editor: Any) -> None:
    load_places(
        apps.get_model("geography", "Country"),
        apps.get_model("geography", "Area"),
        schema_editor.connection.alias,
    )


class Migration(migrations.Migration):
    dependencies = [("geography", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
