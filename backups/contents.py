"""What a backup holds and what is kept out of it.

A value sealed for a person is unreadable once their key is destroyed, in every backup ever
made. What is not sealed for a person would outlive their erasure in a backup, so it is not
in one: search tokens (made anew after a restoration), what is sealed for the system, codes
and sessions. Tables that can be filled anew say so with `is_derived = True`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.apps import apps

from encryption.routing import KEY_STORE


@dataclass(frozen=True)
class Kind:
    """One of the two sorts of backup sets; no set holds both databases."""

    name: str
    alias: str
    # Tables whose rows stay out.
    left_out: frozenset[str]
    # {table: {column: SQL that stands in its place}}
    replaced: dict[str, dict[str, str]] = field(default_factory=dict)
    mark_table: str = ""


# Something different in each row, where the database wants that; real tokens are not so small.
_ROW = "row_number() OVER ()"

DATA = Kind(
    name="data",
    alias="default",
    left_out=frozenset(
        {
            "disclosure_peoplelist",
            "django_session",
            "notifications_suppression",
            "registry_contactproof",
            "registry_restoration",
        }
    ),
    replaced={
        "registry_registrant": {"passport_token": "NULL::bigint"},
        "registry_contactpoint": {"token": _ROW, "last_digits_token": "NULL::bigint"},
        "registry_emergencycontact": {"token": "0::bigint"},
        "notifications_delivery": {"address_token": "seq::bigint"},
        "notifications_inboundmessage": {"sender_token": "0::bigint", "body": "''::bytea"},
    },
    mark_table="registry_restoration",
)
KEYS = Kind(
    name="keys",
    alias=KEY_STORE,
    left_out=frozenset({"encryption_keyrestoration"}),
    mark_table="encryption_keyrestoration",
)
KINDS = {kind.name: kind for kind in (DATA, KEYS)}


def left_out(kind: Kind) -> frozenset[str]:
    """Return every table whose rows stay out of this sort of set."""
    if kind is not DATA:
        return kind.left_out
    derived = {
        model._meta.db_table for model in apps.get_models() if getattr(model, "is_derived", False)
    }
    return kind.left_out | derived
