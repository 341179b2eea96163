"""A no that is said for safety, and a view of every standing no."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

# The latest answer per person and purpose, where it is one against the use. It takes nobody's
# right away: consent_live decides alone; this decides whom not even an override may reach.
NO = """
CREATE VIEW consent_no WITH (security_invoker = true) AS
SELECT latest.purpose_id AS purpose_code, latest.subject_id, latest.is_for_safety
  FROM (SELECT DISTINCT ON (purpose_id, subject_id)
               purpose_id, subject_id, state, is_for_safety
          FROM consent_consentevent
         ORDER BY purpose_id, subject_id, id DESC) AS latest
 WHERE latest.state IN ('refused', 'withdrawn', 'invalidated', 'terminated')
"""


class Migration(migrations.Migration):
    # Validating reads every event; meanwhile nobody else may have to wait.
    atomic = False
    dependencies = [("consent", "0006_receipt_lookup")]
    operations = [
        migrations.AddField(
            model_name="consentevent",
            name="is_for_safety",
            field=models.BooleanField(db_default=False, default=False),
        ),
        AddConstraintNotValid(
            model_name="consentevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_for_safety", False),
                    ("state__in", ["refused", "withdrawn"]),
                    _connector="OR",
                ),
                name="only_a_no_is_for_safety",
            ),
        ),
        ValidateConstraint(model_name="consentevent", name="only_a_no_is_for_safety"),
        migrations.RunSQL(NO, "DROP VIEW consent_no"),
    ]
