"""A PostgreSQL connection of our own for work that outlives a Celery task.

Celery closes Django's connections around every task; a sending loop keeps its
own, in autocommit, so that every statement is durable by itself.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connections

Connection = psycopg.Connection[tuple[Any, ...]]


def open_connection(*, autocommit: bool = True) -> Connection:
    """Open a connection to the data database with Django's parameters."""
    wrapper = connections["default"]
    wanted = ("host", "port", "user", "password", "dbname", "options", "sslmode", "sslrootcert")
    given = wrapper.get_connection_params()
    parameters = {key: given[key] for key in wanted if given.get(key)}
    connection: Connection = psycopg.connect(
        autocommit=autocommit, application_name="registry-sending", **parameters
    )
    connection.execute("SET TIME ZONE 'UTC'")
    return connection
