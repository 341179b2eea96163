#!/bin/sh
# Runs once, when the data folder is made: the roles, their passwords, and the database.
# ROLE_PASSWORDS_FILE holds one line "role password" for each role that may log in.
set -eu
run() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres "$@"
}
run --file "$(dirname "$0")/roles.sql"
while read -r role password; do
    run --set role="$role" --set password="$password" <<'SQL'
ALTER ROLE :"role" LOGIN PASSWORD :'password';
SQL
done <"$ROLE_PASSWORDS_FILE"
run --set database="$DATABASE" <<'SQL'
CREATE DATABASE :"database" OWNER registry_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database"
    TO registry_migrator, registry_app, registry_worker, registry_auditor, registry_backup;
SQL
