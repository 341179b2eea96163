"""A way in as the one role that may do anything with the server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.ground import Ground


@pytest.fixture
def superuser(_ground: Ground) -> Callable[[], psycopg.Connection[tuple[Any, ...]]]:
    """Opens connections to the test database as the superuser."""
    server = _ground.services.postgres
    assert server is not None
    return lambda: psycopg.connect(server.superuser_url(str(connection.settings_dict["NAME"])))
