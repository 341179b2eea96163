"""A person may have two keys for a while: the new one, and the one before it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("encryption", "0002_erasures")]

    operations = [
        migrations.AddField("personkey", "former_version", models.SmallIntegerField(null=True)),
        migrations.AddField("personkey", "former_wrapped", models.BinaryField(null=True)),
        migrations.AddField("personkey", "replaced_at", models.DateTimeField(null=True)),
        # Of no row at first, so that building it takes no time.
        migrations.AddIndex(
            "personkey",
            models.Index(
                fields=["replaced_at"],
                name="person_key_being_replaced",
                condition=models.Q(former_version__isnull=False),
            ),
        ),
    ]
