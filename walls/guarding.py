"""A live register refuses to start where the walls of its database do not hold."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

# Owning a table, or being able to become somebody who does, is owning its triggers and policies.
_MIGHT = """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
           SELECT FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')
              AND pg_has_role(current_user, relowner, 'MEMBER'))
      FROM pg_roles WHERE rolname = current_user"""


def refuse_mighty_roles() -> None:
    """Raise ImproperlyConfigured where a live register's process could take the walls down."""
    if not settings.IS_PRODUCTION:
        return
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute(_MIGHT)
            (is_mighty,) = cursor.fetchone()
        if is_mighty:
            raise ImproperlyConfigured(
                f"the database '{alias}' is reached in a role that owns its tables or stands "
                "above them; use the role of this process (docs/operating.md)"
            )
