"""What processes that own no table need of its owner, each a function that does one thing.

Indexing the tokens of names, for workers; and whether somebody stays in the districts of the
running request, past the row policies that ask it (walls/policies.py).
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION registry_index_tokens(side integer, is_wanted boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    IF side NOT IN (0, 1) THEN
        RAISE EXCEPTION 'there are two sides of tokens';
    ELSIF is_wanted THEN
        EXECUTE format('CREATE INDEX IF NOT EXISTS registry_nametoken_%s_by_token '
                       'ON registry_nametoken_%s (token, holder)', side, side);
    ELSE
        EXECUTE format('DROP INDEX IF EXISTS registry_nametoken_%s_by_token', side);
    END IF;
END $$;
REVOKE ALL ON FUNCTION registry_index_tokens FROM PUBLIC;
CREATE FUNCTION registry_stays_in_posts(person uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT EXISTS (SELECT 1 FROM registry_stay
     WHERE registrant_id = person AND ended_at IS NULL
       AND post_id = ANY (nullif(current_setting('registry.posts', true), '')::int[]))
$$;
REVOKE ALL ON FUNCTION registry_stays_in_posts FROM PUBLIC;
"""
BACKWARD = """
DROP FUNCTION registry_index_tokens;
DROP FUNCTION registry_stays_in_posts;
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_tokens")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
