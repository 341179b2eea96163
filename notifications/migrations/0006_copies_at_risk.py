from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_channels_and_limits")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="copies",
            field=models.SmallIntegerField(default=0, db_default=0),
        ),
        # Room on each page for the second version of a row, so that an outcome touches no
        # index; a chunk is rewritten every few messages.
        migrations.RunSQL(
            """ALTER TABLE notifications_delivery SET (fillfactor = 75);
               ALTER TABLE notifications_chunk SET (fillfactor = 50)""",
            """ALTER TABLE notifications_delivery RESET (fillfactor);
               ALTER TABLE notifications_chunk RESET (fillfactor)""",
        ),
    ]
