"""The purposes and notices every installation starts with."""

from django.db import migrations

from consent.loading import load_purposes


def load(apps, schema_editor):
    if schema_editor.connection.alias == "default":
        load_purposes(apps.get_model("consent", "Purpose"), apps.get_model("consent", "NoticeText"))


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_append_only_and_live")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
