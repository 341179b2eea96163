"""Whose rows the running request is about, told to the database before its first statement.

The row policies (walls.policies) let a web process see nothing until a scope is set. A scope is
kept beside the request (a context variable), and the connection (walls.postgres) brings the
server's settings in line with it before each statement, so that nothing one request was
allowed is left on a connection for the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID


class Kind(StrEnum):
    """What a scope opens."""

    # People who stay in the districts of some posts.
    POSTS = "posts"
    # These people.
    PEOPLE = "people"
    # Everybody: where a purpose crosses districts, as choosing whom an alert is for.
    REGISTER = "register"


@dataclass(frozen=True)
class Scope:
    """What a request may see. oversees: everything in the record, of whichever post."""

    kind: Kind
    post_ids: tuple[int, ...] = ()
    people: tuple[UUID, ...] = ()
    staff_id: UUID | None = None
    oversees: bool = False

    def as_settings(self) -> dict[str, str]:
        """Return the session settings that the policies read."""
        return {
            "registry.scope": self.kind.value,
            "registry.posts": _array(self.post_ids),
            "registry.people": _array(self.people),
            "registry.staff": str(self.staff_id or ""),
            "registry.oversees": "yes" if self.oversees else "",
        }


def _array(values: tuple[object, ...]) -> str:
    return "{" + ",".join(map(str, values)) + "}"


SETTINGS = tuple(Scope(Kind.PEOPLE).as_settings())

_current: ContextVar[Scope | None] = ContextVar("scope", default=None)


def current() -> Scope | None:
    """Return the scope of what is running, None outside requests."""
    return _current.get()


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Run something in a scope."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def across_register() -> Iterator[None]:
    """Lift the scope of a request for one question that is about others as well.

    Outside requests nothing changes: a worker's role sees everybody anyway.
    """
    scope = current()
    if scope is None:
        yield
        return
    with within(replace(scope, kind=Kind.REGISTER)):
        yield


def admit(person_id: UUID) -> None:
    """Let the running request see one more person, who has just proved who they are."""
    scope = current()
    if scope is not None and person_id not in scope.people:
        _current.set(replace(scope, people=(*scope.people, person_id)))
