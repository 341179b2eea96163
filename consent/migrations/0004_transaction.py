"""Each consent event knows its transaction, so that it can be sealed.

Added without rewriting the table: rows from before have none and belong to the first seal.
"""

import django.db.models.expressions
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

FORWARD = """
ALTER TABLE consent_consentevent ADD COLUMN transaction_id bigint NULL;
ALTER TABLE consent_consentevent
    ALTER COLUMN transaction_id SET DEFAULT pg_current_xact_id()::text::bigint;
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("consent", "0003_purposes")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    FORWARD, "ALTER TABLE consent_consentevent DROP COLUMN transaction_id"
                )
            ],
            state_operations=[
                migrations.AddField(
                    "consentevent",
                    "transaction_id",
                    models.BigIntegerField(
                        null=True,
                        db_default=django.db.models.expressions.RawSQL(
                            "pg_current_xact_id()::text::bigint", ()
                        ),
                    ),
                )
            ],
        ),
        AddIndexConcurrently(
            "consentevent",
            models.Index(fields=["transaction_id"], name="consent_by_transaction"),
        ),
    ]
