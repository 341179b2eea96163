"""A small index over the time of events: they are added in its order, so ranges of pages do."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0003_seals")]
    operations = [
        AddIndexConcurrently(
            "auditevent", BrinIndex(fields=["at"], name="audit_by_time", autosummarize=True)
        ),
    ]
