"""Contacts that wait: new ones before they let somebody in, old ones before they are removed."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table is large: its indexes are built beside the work.
    atomic = False
    dependencies = [("registry", "0008_functions")]
    operations = [
        migrations.AddField(
            "contactpoint", "held_until", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "contactpoint", "leaves_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField("contactpoint", "is_change_untold", models.BooleanField(default=False)),
        AddIndexConcurrently(
            "contactpoint",
            models.Index(
                condition=models.Q(("leaves_at__isnull", False), ("removed_at__isnull", True)),
                fields=["leaves_at"],
                name="contact_by_leaving",
            ),
        ),
        AddIndexConcurrently(
            "contactpoint",
            models.Index(
                condition=models.Q(("is_change_untold", True)),
                fields=["id"],
                name="contact_untold",
            ),
        ),
    ]
