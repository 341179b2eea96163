"""The sealed position of a stay, and the tokens of map cells for hosts without the finder.

Adding a column that may be null touches no row. The tables of tokens are UNLOGGED: in no
backup and on no replica, and made anew when they are empty.
"""

import django.db.models.deletion
from django.db import migrations, models

import encryption.fields

UNLOGGED = """
ALTER TABLE registry_staycell SET UNLOGGED;
ALTER TABLE registry_cellscomplete SET UNLOGGED;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_restoration"),
    ]

    operations = [
        migrations.AddField(
            model_name="stay",
            name="position",
            field=encryption.fields.SealedJSONField(blank=True, null=True, pad_to=64),
        ),
        migrations.CreateModel(
            name="CellsComplete",
            fields=[
                ("key_version", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("completed_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="StayCell",
            fields=[
                (
                    "stay",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="registry.stay",
                    ),
                ),
                ("key_version", models.SmallIntegerField()),
                ("reach", models.SmallIntegerField()),
                ("large_token", models.BigIntegerField()),
                ("small_token", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["reach", "large_token"], name="stay_by_large_cell"),
                    models.Index(fields=["reach", "small_token"], name="stay_by_small_cell"),
                ],
            },
        ),
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
    ]
