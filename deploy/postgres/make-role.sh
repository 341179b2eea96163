#!/bin/sh
# Runs once, when the data folder is made: a role without special rights, and its database.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
  --set role="$ROLE" --set password="$(cat "$ROLE_PASSWORD_FILE")" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
