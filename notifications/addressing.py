"""Freezing an audience: who is there, and may be written to, becomes delivery rows.

The people are read from one snapshot of the database, a slice of person ids at
a time; each slice is written and committed with its chunks, so that sending
starts while the rest is still being written. A freeze that dies goes on with
the slices that are missing: every person belongs to exactly one slice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from notifications import leasing
from notifications.audiences import AudienceRule, reachable_sql
from notifications.connecting import Connection, open_connection
from notifications.drawn_areas import MAKE_TABLE, DrawnStays, ask_engine, lay_out
from notifications.models import Dispatch
from notifications.overridden import take_in

logger = logging.getLogger(__name__)

# The first slice is small, so that the first message leaves at once; each is twice as large
# as the one before, up to the second number.
FIRST_SLICE_PEOPLE = 1_000
SLICE_PEOPLE = 20_000
CHUNK_SIZE = 500


def freeze(dispatch_id: int, after_slice: Callable[[], None] = lambda: None) -> int:
    """Write the audience of a dispatch; return how many slices were written now.

    `after_slice` is called whenever there is something new to send.
    Safe to run twice and at the same time as itself: an advisory lock lets one
    process write, and a written slice is never written again.
    """
    with open_connection() as writer, open_connection(autocommit=False) as reader:
        if not _lock(writer, dispatch_id):
            return 0
        dispatch = Dispatch.objects.select_related("message").get(pk=dispatch_id)
        rule = AudienceRule.from_data(dispatch.audience_rule)
        # Positions are asked for before the register is read: see notifications.drawn_areas.
        drawn = _ask_positions(reader, rule)
        sql, parameters = reachable_sql(rule, is_exact=drawn is None or drawn.is_exact)
        parameters["languages"] = sorted(dispatch.message.texts)
        parameters["fallback"] = dispatch.message.fallback_language
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if drawn is not None:
            lay_out(reader.cursor(), drawn, rule.shapes, rule.out_shapes)
        written = 0
        for number, first, end in _slices(reader, writer, dispatch_id):
            written += _write_slice(
                reader,
                writer,
                dispatch_id,
                number,
                sql,
                {**parameters, "first": first, "end": end},
            )
            after_slice()
            if written == 1:
                # Else the planner still believes that the dispatch has no rows.
                writer.execute("ANALYZE notifications_delivery, notifications_chunk")
        writer.execute(
            """UPDATE notifications_dispatch
                  SET frozen_at = coalesce(frozen_at, clock_timestamp()),
                      state = CASE WHEN state = 'freezing' THEN 'running' ELSE state END
                WHERE id = %s""",
            [dispatch_id],
        )
        # Its last chunk may have been sent before its last slice was noted.
        leasing.finish_dispatch(writer, dispatch_id)
        reader.rollback()
    return written


def _lock(writer: Connection, dispatch_id: int) -> bool:
    row = writer.execute(
        "SELECT pg_try_advisory_lock(hashtext('notifications.freeze'), %s)", [dispatch_id]
    ).fetchone()
    return bool(row and row[0])


def _ask_positions(reader: Connection, rule: AudienceRule) -> DrawnStays | None:
    """Return how stays lie to the rule's shapes, and make room for it; None without shapes."""
    if not rule.is_drawn:
        return None
    found = ask_engine(rule.shapes, rule.out_shapes)
    reader.execute(MAKE_TABLE)
    reader.commit()
    return found


def _slices(
    reader: Connection, writer: Connection, dispatch_id: int
) -> Iterator[tuple[int, Any, Any]]:
    """Yield the slices that are not written: (number, first id, end id).

    Each is cut when its turn comes, from where the last one ended, so that a register of
    any size begins at once. A restarted freeze keeps what was cut.
    """
    known = writer.execute(
        """SELECT number, first_id, end_id, written_at IS NULL
             FROM notifications_audienceslice WHERE dispatch_id = %s ORDER BY number""",
        [dispatch_id],
    ).fetchall()
    for number, first, end, is_missing in known:
        if is_missing:
            yield number, first, end
    number, first = (known[-1][0] + 1, known[-1][2]) if known else (1, None)
    while number == 1 or first is not None:
        end = _edge(reader, first, min(FIRST_SLICE_PEOPLE << min(number - 1, 30), SLICE_PEOPLE))
        writer.execute(
            """INSERT INTO notifications_audienceslice (dispatch_id, number, first_id, end_id)
               VALUES (%s, %s, %s, %s)""",
            [dispatch_id, number, first, end],
        )
        yield number, first, end
        number, first = number + 1, end


def _edge(reader: Connection, first: Any, people: int) -> Any:
    """Return the id that follows `people` ids from `first` on, None at the end."""
    row = reader.execute(
        """SELECT id FROM registry_registrant WHERE id >= %s ORDER BY id OFFSET %s LIMIT 1""",
        [first or UUID(int=0), people],
    ).fetchone()
    return row[0] if row else None


_WRITE_SLICE = """
    WITH counted AS (
        SELECT member_count, delivery_count, lane
          FROM notifications_dispatch WHERE id = %(dispatch)s
    ), people AS (
        SELECT registrant_id, country_id, area_id, post_id, language,
               row_number() OVER (ORDER BY registrant_id) - 1 + (SELECT member_count FROM counted)
                   AS number
          FROM (SELECT DISTINCT ON (registrant_id) * FROM slice_rows
                 ORDER BY registrant_id, channel DESC) AS one_each
    ), members AS (
        INSERT INTO notifications_audiencemember
               (dispatch_id, number, registrant_id, country_id, area_id, post_id, language, answer)
        SELECT %(dispatch)s, number, registrant_id, country_id, area_id, post_id, language, ''
          FROM people
    ), ranked AS (
        SELECT s.*, p.number,
               row_number() OVER (PARTITION BY s.channel, s.token
                                  ORDER BY s.registrant_id, s.contact_point_id) AS copy,
               earlier.seq AS earlier_seq
          FROM slice_rows s JOIN people p USING (registrant_id)
          LEFT JOIN notifications_delivery earlier
            ON earlier.dispatch_id = %(dispatch)s AND earlier.channel = s.channel
           AND earlier.address_token = s.token AND earlier.shared_with_seq IS NULL
    ), numbered AS (
        -- Addresses to send to come first, by channel and language, so that a chunk
        -- is a run of them; rows that share an address follow.
        SELECT *, copy > 1 OR earlier_seq IS NOT NULL AS is_shared,
               row_number() OVER (
                   ORDER BY copy > 1 OR earlier_seq IS NOT NULL, channel DESC, language, number)
               - 1 + (SELECT delivery_count FROM counted) AS seq
          FROM ranked
    ), targets AS (
        SELECT channel, token, seq FROM numbered WHERE NOT is_shared
    ), deliveries AS (
        INSERT INTO notifications_delivery
               (dispatch_id, seq, member_number, registrant_id, contact_point_id, channel, language,
                address_token, shared_with_seq, basis, purpose_code, proof_id, override_id, status,
                reason, attempts, route, provider_reference)
        SELECT %(dispatch)s, n.seq, n.number, n.registrant_id, n.contact_point_id, n.channel,
               n.language, n.token,
               CASE WHEN n.is_shared THEN coalesce(n.earlier_seq, t.seq) END,
               n.basis, n.purpose_code, n.proof_id, n.override_id,
               CASE WHEN n.is_shared THEN 70 ELSE 0 END,
               CASE WHEN n.is_shared THEN 'shared-address' ELSE '' END, 0, '', ''
          FROM numbered n LEFT JOIN targets t USING (channel, token)
    ), chunks AS (
        INSERT INTO notifications_chunk
               (dispatch_id, channel, lane, lo, hi, cursor, state, is_retry, token, owner, due_at,
                claims, stuck_count)
        SELECT %(dispatch)s, channel, (SELECT lane FROM counted), min(seq), max(seq) + 1, min(seq),
               0, false, 0, '', clock_timestamp(), 0, 0
          FROM (SELECT channel, seq,
                       (row_number() OVER (PARTITION BY channel ORDER BY seq) - 1) / %(chunk)s
                           AS part
                  FROM numbered WHERE NOT is_shared) AS parts
         GROUP BY channel, part
    ), done AS (
        UPDATE notifications_audienceslice SET written_at = clock_timestamp()
         WHERE dispatch_id = %(dispatch)s AND number = %(number)s
    )
    UPDATE notifications_dispatch
       SET member_count = member_count + (SELECT count(*) FROM people),
           delivery_count = delivery_count + (SELECT count(*) FROM numbered)
     WHERE id = %(dispatch)s"""


def _write_slice(
    reader: Connection,
    writer: Connection,
    dispatch_id: int,
    number: int,
    sql: str,
    parameters: dict[str, Any],
) -> int:
    """Copy one slice from the snapshot and write it in one transaction."""
    with writer.transaction():
        writer.execute(
            """CREATE TEMPORARY TABLE slice_rows (
                   registrant_id uuid, country_id text, area_id text, post_id integer,
                   contact_point_id uuid, channel smallint, token bigint, language text,
                   purpose_code text, proof_id bigint, basis text, override_id bigint)
               ON COMMIT DROP"""
        )
        with (
            reader.cursor() as source,
            writer.cursor() as target,
            # Raw bytes from one connection into the other: nothing is parsed on the way.
            source.copy(f"COPY ({sql}) TO STDOUT", parameters) as rows,
            target.copy("COPY slice_rows FROM STDIN") as copy,
        ):
            for block in rows:
                copy.write(block)
        writer.execute("ANALYZE slice_rows")
        if parameters["override"]:
            take_in(writer, dispatch_id, parameters["override"])
        writer.execute(
            _WRITE_SLICE, {"dispatch": dispatch_id, "number": number, "chunk": CHUNK_SIZE}
        )
    logger.info("slice written dispatch=%s slice=%s", dispatch_id, number)
    return 1
