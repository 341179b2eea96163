"""The journal of erasures; no key is made for anybody who is in it."""

import django.utils.timezone
from django.db import migrations, models

# One look for a whole statement, so that a thousand new keys cost no more than one.
REFUSE = """
CREATE FUNCTION encryption_refuse_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh JOIN encryption_erasure USING (person_id)) THEN
        RAISE EXCEPTION 'this person was erased' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER person_key_of_nobody_erased AFTER INSERT ON encryption_personkey
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION encryption_refuse_erased();
"""

ALLOW = """
DROP TRIGGER person_key_of_nobody_erased ON encryption_personkey;
DROP FUNCTION encryption_refuse_erased();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("encryption", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeyRestoration",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("set_name", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                ("restored_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("person_id", models.UUIDField(primary_key=True, serialize=False)),
                ("erased_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["erased_at"],
                        name="erasure_to_finish",
                    )
                ],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
    ]
