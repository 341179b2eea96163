"""Each row says in which transaction it last changed, so that a finder can ask what is new."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION registry_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER registrant_changed BEFORE INSERT OR UPDATE ON registry_registrant
    FOR EACH ROW EXECUTE FUNCTION registry_note_change();
CREATE TRIGGER stay_changed BEFORE INSERT OR UPDATE ON registry_stay
    FOR EACH ROW EXECUTE FUNCTION registry_note_change();
CREATE TRIGGER erased_changed BEFORE INSERT OR UPDATE ON registry_erasedperson
    FOR EACH ROW EXECUTE FUNCTION registry_note_change();
"""

BACKWARD = """
DROP TRIGGER registrant_changed ON registry_registrant;
DROP TRIGGER stay_changed ON registry_stay;
DROP TRIGGER erased_changed ON registry_erasedperson;
DROP FUNCTION registry_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
