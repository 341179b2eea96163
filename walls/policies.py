"""Which rows each role sees: the second wall, behind the mandates the application asks for.

Policies hold for one role each, so that a worker's queries carry no condition at all. A web
process sees what its scope (walls.scopes) opens. The owner sees nothing unless its session says
that it is for everybody's rows, as a migrator's does.

Conditions stand beside those of the application and are cheap to check row by row: a comparison
with an array, or one step in an index. Settings are read once a query, as scalar subqueries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from walls.roles import DatabaseRole
from walls.scopes import Kind


@dataclass(frozen=True)
class Policy:
    """One policy. role: a role's name, or CURRENT_USER for whoever owns the table.

    using: SQL of the rows that are seen, or changed; check: of the rows that may be written.
    """

    table: str
    name: str
    command: str
    role: str
    using: str = ""
    check: str = ""


def _setting(name: str) -> str:
    return f"(SELECT nullif(current_setting('registry.{name}', true), ''))"


_SCOPE = _setting("scope")
_KINDS = ", ".join(f"'{kind}'" for kind in Kind)
_IN_POSTS = f"post_id = ANY ({_setting('posts')}::int[])"
_IS_STAFF = f"{_setting('staff')}::uuid"
# What this very transaction wrote: a row that was added can be returned to whoever added it.
_OWN = "transaction_id = pg_current_xact_id_if_assigned()::text::bigint"


def _is(kind: str) -> str:
    return f"{_SCOPE} = '{kind}'"


def _one_of(column: str) -> str:
    return f"{column} = ANY ({_setting('people')}::uuid[])"


def _stays_there(column: str) -> str:
    # OFFSET keeps it one step in an index: else the planner may read every stay of the posts
    # first, and hash them, for a page of fifty people.
    return (
        f"EXISTS (SELECT 1 FROM registry_stay s WHERE s.registrant_id = {column}"  # noqa: S608
        f" AND s.ended_at IS NULL AND s.{_IN_POSTS} OFFSET 0)"
    )


def _by_scope(*, posts: str, people: str) -> str:
    # The planner takes a CASE for half of the rows; of comparisons with settings it expects
    # next to none, and then reads a whole district in order to sort it.
    return (
        f"CASE {_SCOPE} WHEN 'register' THEN true WHEN 'posts' THEN {posts}"
        f" WHEN 'people' THEN {people} ELSE false END"
    )


# A code that was asked for leads to its contact before anybody is signed in.
_ASKED_FOR = """EXISTS (SELECT 1 FROM registry_contactproof p
    WHERE p.contact_point_id = registry_contactpoint.id AND p.expires_at > now() OFFSET 0)"""

# {table: the rows a web process sees}
SEEN = {
    "registry_registrant": _by_scope(
        posts=_stays_there("registry_registrant.id"), people=_one_of("id")
    ),
    # Other stays of somebody who stays in one's district: that they are going elsewhere as well.
    "registry_stay": _by_scope(
        posts=f"{_IN_POSTS} OR registry_stays_in_posts(registrant_id)",
        people=_one_of("registrant_id"),
    ),
    "registry_contactpoint": _by_scope(
        posts=_stays_there("registry_contactpoint.registrant_id"),
        people=f"{_one_of('registrant_id')} OR {_ASKED_FOR}",
    ),
    "consent_consentevent": _by_scope(
        posts=f"{_stays_there('consent_consentevent.subject_id')} OR {_OWN}",
        people=_one_of("subject_id"),
    ),
    "notifications_overriderecipient": _by_scope(
        posts=_stays_there("notifications_overriderecipient.registrant_id"),
        people=_one_of("registrant_id"),
    ),
    "audit_auditevent": _by_scope(
        posts=(
            f"{_setting('oversees')} = 'yes' OR actor_id = {_IS_STAFF} OR {_IN_POSTS} OR {_OWN}"
        ),
        people=f"{_one_of('subject_id')} OR {_OWN}",
    ),
}
_LOOKED_UP = ("consent_consentevent", "registry_stay")
_RECORD = ("consent_consentevent", "audit_auditevent")


def policies() -> Iterator[Policy]:
    """Yield every policy there is."""
    for table, seen in SEEN.items():
        app = DatabaseRole.APP.value
        # Nothing is read or written before a request has said what it is about.
        known = f"{_SCOPE} IN ({_KINDS})"
        yield Policy(table, "app_sees", "SELECT", app, seen)
        yield Policy(table, "app_adds", "INSERT", app, check=known)
        if table not in _RECORD:
            yield Policy(table, "app_changes", "UPDATE", app, seen, known)
            yield Policy(table, "app_removes", "DELETE", app, seen)
        else:
            yield Policy(table, "auditor_sees", "SELECT", DatabaseRole.AUDITOR.value, "true")
        if table in _LOOKED_UP:
            yield Policy(table, "lookup_sees", "SELECT", DatabaseRole.LOOKUP.value, "true")
        yield Policy(table, "worker_works", "ALL", DatabaseRole.WORKER.value, "true", "true")
        everywhere = _is("everywhere")
        yield Policy(table, "owner_says_so", "ALL", "CURRENT_USER", everywhere, everywhere)
