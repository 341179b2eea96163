"""Every request of the suite speaks to the database as the web processes do: as registry_app.

What tests arrange before and look at afterwards is done as the owner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import local
from typing import Any

from django.db import connections
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from psycopg import pq

from walls.roles import DatabaseRole

_BECOME = f"SET ROLE {DatabaseRole.APP}"
_here = local()


class AsAppMiddleware:
    """Take the role of the web processes for the time of a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with ExitStack() as stack:
            for connection in connections.all():
                stack.enter_context(_as_app(connection))
            _here.is_serving = True
            try:
                return self.get_response(request)
            finally:
                _here.is_serving = False


@contextmanager
def _as_app(connection: Any) -> Iterator[None]:
    became: list[Any] = []

    def become(execute: Any, sentence: Any, values: Any, many: bool, context: Any) -> Any:
        raw = context["connection"].connection
        if raw not in became and raw.info.transaction_status != pq.TransactionStatus.INERROR:
            became.append(raw)
            raw.execute(_BECOME)
        return execute(sentence, values, many, context)

    with connection.execute_wrapper(become):
        try:
            yield
        finally:
            for raw in became:
                if not raw.closed:
                    raw.execute("RESET ROLE")


def _become_at_once(connection: Any, **_: Any) -> None:
    """A connection made beside the request's own, for what must outlive its transaction."""
    if getattr(_here, "is_serving", False):
        connection.connection.execute(_BECOME)


connection_created.connect(_become_at_once)
