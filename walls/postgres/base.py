"""Django's PostgreSQL connection, which tells the server the scope of the running request."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg import pq, sql

from walls.scopes import SETTINGS, Scope, current

_SET = sql.SQL("SELECT ") + sql.SQL(", ").join(
    sql.SQL("set_config({}, {}, false)").format(sql.Literal(name), sql.Placeholder(name))
    for name in SETTINGS
)
_RESET = sql.SQL("; ").join(
    sql.SQL("RESET {}").format(sql.Identifier(*name.split("."))) for name in SETTINGS
)


class _Unknown:
    """Stands for a scope nobody knows: after a rollback the server's may be an older one."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose session settings follow `walls.scopes.current()`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._scope_there: Scope | _Unknown | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; a new session has the settings of its role."""
        self._scope_there = None
        return super().get_new_connection(conn_params)

    def _cursor(self, name: str | None = None) -> Any:
        cursor = super()._cursor(name)  # type: ignore[misc]  # not in the stubs
        self._bring_scope()
        return cursor

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc]  # not in the stubs
        self._scope_there = _Unknown()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # not in the stubs
        self._scope_there = _Unknown()

    def _bring_scope(self) -> None:
        """Set what differs. Not for the session but for the transaction it would be lost at
        its end, and most statements of a request run in none."""
        wanted, raw = current(), self.connection
        if wanted == self._scope_there or raw is None:
            return
        # What is about to be rolled back takes no statement, and needs none.
        if raw.info.transaction_status == pq.TransactionStatus.INERROR:
            return
        with self.wrap_database_errors:
            if wanted is None:
                raw.execute(_RESET)
            else:
                raw.execute(_SET, wanted.as_settings())
        self._scope_there = wanted
