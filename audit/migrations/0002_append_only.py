"""Rows of the audit record are added and never changed, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_event_row BEFORE UPDATE OR DELETE ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
-- A row trigger does not see TRUNCATE.
CREATE TRIGGER audit_event_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
-- ALWAYS: also for a session that claims to be a replica.
ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER audit_event_row;
ALTER TABLE audit_auditevent ENABLE ALWAYS TRIGGER audit_event_truncate;
"""

BACKWARD = """
DROP TRIGGER audit_event_row ON audit_auditevent;
DROP TRIGGER audit_event_truncate ON audit_auditevent;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
