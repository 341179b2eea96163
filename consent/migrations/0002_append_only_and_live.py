"""Consent events are only added; a live consent is read from them and from nothing else."""

from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER consent_event_row BEFORE UPDATE OR DELETE ON consent_consentevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER consent_event_truncate BEFORE TRUNCATE ON consent_consentevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE consent_consentevent ENABLE ALWAYS TRIGGER consent_event_row;
ALTER TABLE consent_consentevent ENABLE ALWAYS TRIGGER consent_event_truncate;
CREATE TRIGGER notice_text_row BEFORE UPDATE OR DELETE ON consent_noticetext
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER notice_text_truncate BEFORE TRUNCATE ON consent_noticetext
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE consent_noticetext ENABLE ALWAYS TRIGGER notice_text_row;
ALTER TABLE consent_noticetext ENABLE ALWAYS TRIGGER notice_text_truncate;
"""

REMOVE_APPEND_ONLY = """
DROP TRIGGER consent_event_row ON consent_consentevent;
DROP TRIGGER consent_event_truncate ON consent_consentevent;
DROP TRIGGER notice_text_row ON consent_noticetext;
DROP TRIGGER notice_text_truncate ON consent_noticetext;
"""

# The latest answer per person and purpose; only if it permits, was given to words at
# least as new as the last material change, and has not run out.
LIVE = """
CREATE VIEW consent_live WITH (security_invoker = true) AS
SELECT latest.purpose_id AS purpose_code, latest.subject_id, latest.id AS proof_id
  FROM (SELECT DISTINCT ON (purpose_id, subject_id)
               purpose_id, subject_id, id, state, purpose_version, valid_until
          FROM consent_consentevent
         ORDER BY purpose_id, subject_id, id DESC) AS latest
  JOIN consent_purpose p ON p.code = latest.purpose_id
 WHERE latest.state IN ('given', 'renewed')
   AND latest.purpose_version >= p.material_version
   AND latest.valid_until > now()
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        migrations.RunSQL(APPEND_ONLY, REMOVE_APPEND_ONLY),
        migrations.RunSQL(LIVE, "DROP VIEW consent_live"),
    ]
