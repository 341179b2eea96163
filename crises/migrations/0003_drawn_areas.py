"""An affected area may be a shape instead of a country. The table holds a few rows a crisis."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crises", "0002_outside_estimate"),
        ("geography", "0002_places"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="affectedarea", name="an_area_is_named_once"),
        migrations.AlterField(
            model_name="affectedarea",
            name="country",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="geography.country",
            ),
        ),
        migrations.AddField(
            model_name="affectedarea",
            name="shape",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="affectedarea",
            constraint=models.UniqueConstraint(
                condition=models.Q(("shape__isnull", True)),
                fields=("crisis", "country", "area"),
                name="an_area_is_named_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="affectedarea",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("country__isnull", False), ("shape__isnull", True)),
                    models.Q(
                        ("area__isnull", True),
                        ("country__isnull", True),
                        ("shape__has_key", "type"),
                        ("shape__isnull", False),
                        ("shape__type__in", ["Circle", "MultiPolygon"]),
                    ),
                    _connector="OR",
                ),
                name="an_area_is_named_or_drawn",
            ),
        ),
    ]
