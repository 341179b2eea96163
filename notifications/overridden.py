"""Whom an override lets an alert reach, as SQL: at the freeze, and again at the hand-over.

It adds people, never ways: who can be reached by their own consent is left to that. Who ever
refused or withdrew is in only by the second tick, and who did so for their safety never.
"""

from __future__ import annotations

from typing import Any

from consent.models import Basis
from crises.models import OverrideField
from registry.models import Channel
from registry.registration import alert_purpose

_PURPOSES = ", ".join(f"'{alert_purpose(channel)}'" for channel in Channel)
_FIELD_OF_CHANNEL = f"""
    CASE c.channel WHEN {int(Channel.SMS)} THEN '{OverrideField.PHONE.value}'
                   ELSE '{OverrideField.EMAIL.value}' END"""


def may_be_reached(person: str) -> str:
    """Return the condition that an override `o` may reach somebody, whatever else is known.

    OFFSET keeps it two steps in an index for each person: else the planner may read every
    answer of the register first.
    """
    return f"""NOT EXISTS (
        SELECT 1 FROM consent_no said
         WHERE said.subject_id = {person} AND said.purpose_code IN ({_PURPOSES})
           AND (said.is_for_safety OR NOT o.includes_refusers) OFFSET 0)"""  # noqa: S608


# Beside `agreed`, the contacts of people who agreed: contacts of people who did not.
WIDENED = f"""
    SELECT p.registrant_id, p.country_id, p.area_id, p.post_id,
           c.id AS contact_point_id, c.channel, c.token, {{language}} AS language,
           CASE c.channel WHEN {int(Channel.SMS)} THEN %(sms_purpose)s
                          ELSE %(mail_purpose)s END AS purpose_code,
           NULL::bigint AS proof_id, c.confirmed_at IS NOT NULL AS is_confirmed,
           bool_or(c.confirmed_at IS NOT NULL)
               OVER (PARTITION BY p.registrant_id) AS has_confirmed,
           o.basis, o.id AS override_id
      FROM crises_override_running o
     CROSS JOIN placed p
      JOIN registry_registrant r ON r.id = p.registrant_id AND r.restricted_at IS NULL
      JOIN registry_contactpoint c
        ON c.registrant_id = p.registrant_id AND c.removed_at IS NULL
       AND {_FIELD_OF_CHANNEL} = ANY(o.fields)
     WHERE o.id = %(override)s
       AND NOT EXISTS (SELECT FROM agreed a WHERE a.registrant_id = p.registrant_id)
       AND {may_be_reached("p.registrant_id")}"""  # noqa: S608

# What leaves under an override must stand under it still. Of pairs of person and override.
STILL_OVERRIDDEN = f"""
    SELECT asked.person_id, asked.override_id
      FROM unnest(%(people)s::uuid[], %(overrides)s::bigint[]) AS asked(person_id, override_id)
      JOIN crises_override_running o
        ON o.id = asked.override_id
       AND o.crisis_id = (SELECT crisis_id FROM notifications_dispatch WHERE id = %(dispatch)s)
      JOIN registry_registrant r ON r.id = asked.person_id AND r.restricted_at IS NULL
     WHERE {may_be_reached("asked.person_id")}"""  # noqa: S608

# Whether a delivery `h` of dispatch h.dispatch_id may leave under its override.
HEIR_MAY_HAVE_IT = f"""EXISTS (
    SELECT FROM crises_override_running o
     WHERE o.id = h.override_id AND {may_be_reached("h.registrant_id")})"""

_SAID_FOR_SAFETY = f"""
    SELECT EXISTS (SELECT FROM consent_no
                    WHERE subject_id = %s AND purpose_code IN ({_PURPOSES}) AND is_for_safety)"""  # noqa: S608

# People not counted yet, in the order in which the room left is given away.
_FRESH = """
    SELECT registrant_id, row_number() OVER (ORDER BY registrant_id) AS place
      FROM (SELECT DISTINCT registrant_id FROM {rows} WHERE override_id IS NOT NULL) AS each_once
     WHERE NOT EXISTS (SELECT FROM notifications_overriderecipient known
                        WHERE known.override_id = %(override)s
                          AND known.registrant_id = each_once.registrant_id)"""
_LOCK = "SELECT FROM crises_vitalinterestoverride WHERE id = %(override)s FOR UPDATE"
_TAKE_IN = f"""
    WITH running AS (
        SELECT o.room FROM crises_override_running o
         WHERE o.id = %(override)s
           AND o.crisis_id = (SELECT crisis_id FROM notifications_dispatch WHERE id = %(dispatch)s)
    ), fresh AS MATERIALIZED ({_FRESH.format(rows="slice_rows")}
    ), taken AS MATERIALIZED (
        SELECT registrant_id FROM fresh, running WHERE place <= room
    ), left_out AS (
        DELETE FROM slice_rows s
         WHERE s.override_id IS NOT NULL
           AND (NOT EXISTS (SELECT FROM running)
                OR s.registrant_id IN (SELECT registrant_id FROM fresh
                                       EXCEPT SELECT registrant_id FROM taken))
    ), added AS (
        INSERT INTO notifications_overriderecipient (override_id, registrant_id, outcome)
        SELECT %(override)s, registrant_id, '' FROM taken
    )
    UPDATE crises_vitalinterestoverride
       SET recipient_count = recipient_count + (SELECT count(*) FROM taken)
     WHERE id = %(override)s AND EXISTS (SELECT FROM taken)"""  # noqa: S608
_LEAVE_OUT = f"""
    DELETE FROM preview_rows
     WHERE registrant_id IN (
           SELECT registrant_id FROM ({_FRESH.format(rows="preview_rows")}) AS fresh
            WHERE place > (SELECT room FROM crises_override_running WHERE id = %(override)s))"""  # noqa: S608
_COUNT = "SELECT count(DISTINCT registrant_id) FROM preview_rows WHERE override_id IS NOT NULL"


def take_in(cursor: Any, dispatch_id: int, override_id: int) -> None:
    """Keep in `slice_rows` no more people under an override than it may reach, and note them.

    cursor: of psycopg, inside the transaction that writes the slice. Two statements, whatever
    the size; freezes under one override wait here for each other.
    """
    parameters = {"dispatch": dispatch_id, "override": override_id}
    cursor.execute(_LOCK, parameters)
    cursor.execute(_TAKE_IN, parameters)


def count_overridden(cursor: Any, override_id: int) -> int:
    """Take out of `preview_rows` whom a freeze would leave out; return how many stay in."""
    cursor.execute(_LEAVE_OUT, {"override": override_id})
    return int(cursor.execute(_COUNT).fetchone()[0])


def is_writing_unsafe(cursor: Any, person_id: Any) -> bool:
    """Tell whether somebody said no because a message would put them in danger."""
    cursor.execute(_SAID_FOR_SAFETY, [person_id])
    (found,) = cursor.fetchone()
    return bool(found)


# The basis of those who agreed, beside the override's of the others.
AGREED = f"'{Basis.CONSENT.value}'::text AS basis, NULL::bigint AS override_id"
