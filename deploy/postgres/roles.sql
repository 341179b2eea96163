-- The roles of the register. A superuser runs this on each of both servers before the databases
-- are made; it may run again. It sets no password: who may log in gets one afterwards.
--
-- owner      owns the databases and every table; nobody logs in as this role
-- migrator   logs in for migrations and for put_up_walls, and then acts as the owner
-- app        the web processes
-- worker     workers, beat, the finder, and commands that do their work
-- auditor    reads the record and the consents, and nothing else
-- backup     reads everything, for back_up
-- lookup     owns the few functions that answer a web process past its row policies; no login
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['owner', 'migrator', 'app', 'worker', 'auditor', 'backup', 'lookup'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'registry_' || name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', 'registry_' || name);
        END IF;
    END LOOP;
END $$;

-- Everything a migration makes then belongs to the owner.
GRANT registry_owner TO registry_migrator;
ALTER ROLE registry_migrator SET role = 'registry_owner';
-- Row policies hold for the owner, too, unless a session says that it is for everybody's rows.
ALTER ROLE registry_migrator SET registry.scope = 'everywhere';
-- The owner hands functions over to lookup, and has none of its rights meanwhile.
ALTER ROLE registry_owner NOINHERIT;
GRANT registry_lookup TO registry_owner;

-- pg_dump wants every row or none.
ALTER ROLE registry_backup BYPASSRLS;
ALTER ROLE registry_backup SET default_transaction_read_only = on;
ALTER ROLE registry_auditor SET default_transaction_read_only = on;
