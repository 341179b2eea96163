"""Room in each page for the outcome of a message beside its row.

PostgreSQL writes a changed row anew. Where the page has room it leaves every index as it is
(a heap-only update); where it has none, each outcome would write into all six. Takes no lock
that holds up reading or writing, and holds for pages written from now on.
"""

from django.db import migrations

_TABLES = ("notifications_delivery", "notifications_chunk", "notifications_audiencemember")


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0012_overrides"),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET (fillfactor = 50)",
            f"ALTER TABLE {table} RESET (fillfactor)",
        )
        for table in _TABLES
    ]
