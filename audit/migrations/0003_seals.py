"""Seals over the record, themselves only ever added."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER audit_seal_row BEFORE UPDATE OR DELETE ON audit_seal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_truncate BEFORE TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE audit_seal ENABLE ALWAYS TRIGGER audit_seal_row;
ALTER TABLE audit_seal ENABLE ALWAYS TRIGGER audit_seal_truncate;
"""

BACKWARD = """
DROP TRIGGER audit_seal_row ON audit_seal;
DROP TRIGGER audit_seal_truncate ON audit_seal;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stream", models.CharField(max_length=60)),
                ("number", models.PositiveIntegerField()),
                ("epoch", models.PositiveIntegerField()),
                (
                    "columns",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=63), size=None
                    ),
                ),
                ("from_xid", models.BigIntegerField()),
                ("to_xid", models.BigIntegerField(null=True)),
                ("after_id", models.BigIntegerField()),
                ("until_id", models.BigIntegerField(null=True)),
                ("first_id", models.BigIntegerField(null=True)),
                ("last_id", models.BigIntegerField(null=True)),
                ("rows", models.BigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("previous", models.CharField(max_length=64)),
                ("chain", models.CharField(max_length=64)),
                (
                    "sealed_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("stream", "number"), name="seals_are_numbered")
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
