"""Sealed tokens of word pairs, for hosts that find names in SQL.

All tables are UNLOGGED: derived data that is in no WAL, on no replica and in no base backup.
"""

from django.db import migrations, models

import encryption.identifiers

_SIDE = """
CREATE UNLOGGED TABLE registry_tokenholder_{n}
    (number int4 PRIMARY KEY, person_id uuid NOT NULL UNIQUE, post_ids int4[] NOT NULL);
CREATE UNLOGGED TABLE registry_nametoken_{n} (token int4 NOT NULL, holder int4 NOT NULL);
CREATE UNLOGGED TABLE registry_tokennote_{n}
    (number int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sealed bytea NOT NULL);
CREATE INDEX registry_nametoken_{n}_by_holder ON registry_nametoken_{n}
    USING brin (holder) WITH (pages_per_range = 8, autosummarize = on);
"""
_NO_SIDE = "DROP TABLE registry_tokenholder_{n}, registry_nametoken_{n}, registry_tokennote_{n};"


class Migration(migrations.Migration):
    dependencies = [("registry", "0006_duplicates")]
    operations = [
        migrations.CreateModel(
            name="TokenBuild",
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
                ("side", models.SmallIntegerField(unique=True)),
                ("norm_version", models.SmallIntegerField()),
                ("key_version", models.SmallIntegerField()),
                ("origin", models.CharField(blank=True, max_length=100)),
                ("oldest_open", models.BigIntegerField()),
                ("next_transaction", models.BigIntegerField()),
                ("day", models.DateField()),
                ("people_expected", models.IntegerField()),
                ("last_person_id", models.UUIDField(blank=True, null=True)),
                ("next_number", models.IntegerField(default=1)),
                ("counts", models.BinaryField()),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("side__in", [0, 1])),
                        name="there_are_two_sides_of_tokens",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE registry_tokenbuild SET UNLOGGED",
            "ALTER TABLE registry_tokenbuild SET LOGGED",
        ),
        *(migrations.RunSQL(_SIDE.format(n=n), _NO_SIDE.format(n=n)) for n in (0, 1)),
    ]
