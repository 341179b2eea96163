"""The database itself holds: two people per broadcast, exercise apart, words that stay."""

from django.db import migrations

FORWARD = """
-- A broadcast is an exercise exactly when its crisis is one.
ALTER TABLE notifications_broadcast
    ADD CONSTRAINT a_broadcast_is_of_its_crisiss_kind FOREIGN KEY (crisis_id, is_exercise)
    REFERENCES crises_crisis (id, is_exercise);

CREATE FUNCTION notifications_freeze_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    text_row record;
    standing text;
BEGIN
    IF TG_OP = 'DELETE' THEN text_row := OLD; ELSE text_row := NEW; END IF;
    SELECT state INTO standing FROM notifications_broadcast WHERE id = text_row.broadcast_id;
    IF standing IN ('submitted', 'approved') THEN
        RAISE EXCEPTION 'the words of a submitted broadcast do not change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN text_row;
END $$;
CREATE TRIGGER broadcast_text_frozen BEFORE INSERT OR UPDATE OR DELETE
    ON notifications_broadcasttext FOR EACH ROW EXECUTE FUNCTION notifications_freeze_words();

-- Approving, and everything after it, cannot be undone or redone.
CREATE FUNCTION notifications_guard_broadcast() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'approved' THEN
        RAISE EXCEPTION 'an approved broadcast does not change'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.state = 'approved' AND OLD.state <> 'submitted' THEN
        RAISE EXCEPTION 'only a submitted broadcast is approved'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.author_id <> OLD.author_id OR NEW.crisis_id <> OLD.crisis_id THEN
        RAISE EXCEPTION 'a broadcast keeps its author and its crisis'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER broadcast_guarded BEFORE UPDATE ON notifications_broadcast
    FOR EACH ROW EXECUTE FUNCTION notifications_guard_broadcast();

-- No run of sending for a broadcast that two people have not released, and none to an
-- audience without one.
CREATE FUNCTION notifications_guard_dispatch() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    b record;
    message_kind text;
BEGIN
    SELECT kind INTO message_kind FROM notifications_messageversion WHERE id = NEW.message_id;
    IF NEW.broadcast_id IS NULL THEN
        IF message_kind = 'broadcast' THEN
            RAISE EXCEPTION 'a broadcast message needs an approved broadcast'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT state, author_id, approved_by_id, is_exercise INTO b
      FROM notifications_broadcast WHERE id = NEW.broadcast_id;
    IF b.state <> 'approved' OR b.approved_by_id IS NULL OR b.approved_by_id = b.author_id THEN
        RAISE EXCEPTION 'a broadcast is sent only after a second person approved it'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF b.is_exercise <> NEW.is_exercise THEN
        RAISE EXCEPTION 'an exercise stays an exercise' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispatch_guarded BEFORE INSERT OR UPDATE OF broadcast_id, message_id, is_exercise
    ON notifications_dispatch FOR EACH ROW EXECUTE FUNCTION notifications_guard_dispatch();

-- Frozen means frozen.
CREATE TRIGGER message_version_row BEFORE UPDATE ON notifications_messageversion
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
ALTER TABLE notifications_messageversion ENABLE ALWAYS TRIGGER message_version_row;

-- A hand-over is a small update of a row with nothing indexed in it: leave it room in the page.
ALTER TABLE notifications_chunk SET (fillfactor = 70);
ALTER TABLE notifications_delivery SET (fillfactor = 85);
"""

BACKWARD = """
DROP TRIGGER message_version_row ON notifications_messageversion;
DROP TRIGGER dispatch_guarded ON notifications_dispatch;
DROP FUNCTION notifications_guard_dispatch();
DROP TRIGGER broadcast_guarded ON notifications_broadcast;
DROP FUNCTION notifications_guard_broadcast();
DROP TRIGGER broadcast_text_frozen ON notifications_broadcasttext;
DROP FUNCTION notifications_freeze_words();
ALTER TABLE notifications_broadcast DROP CONSTRAINT a_broadcast_is_of_its_crisiss_kind;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_initial"),
        ("audit", "0002_append_only"),
        ("crises", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
