"""Freezing an audience: who is there, and may be written to, becomes delivery rows.

The people are read from one snapshot of the database, a slice of person ids at
a time; each slice is written and committed with its chunks, so that sending
starts while the rest is still being written. A freeze that dies goes on with
the slices that are missing: every person belongs to exactly one slice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from consent.models import Basis
from notifications import leasing
from notifications.audiences import AudienceRule, reachable_sql
from notifications.connecting import Connection, open_connection
from notifications.models import Dispatch

logger = logging.getLogger(__name__)

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
        sql, parameters = reachable_sql(rule)
        parameters["languages"] = sorted(dispatch.message.texts)
        parameters["fallback"] = dispatch.message.fallback_language
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _cut_slices(reader, writer, dispatch_id)
        written = 0
        for number, first, end in _missing_slices(writer, dispatch_id):
            written += _write_slice(
                reader,
                writer,
                dispatch_id,
                number,
                sql,
                {**parameters, "first": first, "end": end},
            )
            after_slice()
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


def _cut_slices(reader: Connection, writer: Connection, dispatch_id: int) -> None:
    """Cut the range of person ids once; a restarted freeze keeps the first cut."""
    cut = writer.execute(
        "SELECT count(*) FROM notifications_audienceslice WHERE dispatch_id = %s", [dispatch_id]
    ).fetchone()
    if cut and cut[0]:
        return
    edges = [
        row[0]
        for row in reader.execute(
            """SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS place
                                 FROM registry_registrant) AS people
                WHERE (place - 1) %% %s = 0 AND place > 1 ORDER BY id""",
            [SLICE_PEOPLE],
        )
    ]
    firsts = [None, *edges]
    ends = [*edges, None]
    with writer.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notifications_audienceslice (dispatch_id, number, first_id, end_id)
               SELECT %s, place, first_id, end_id
                 FROM unnest(%s::uuid[], %s::uuid[]) WITH ORDINALITY
                      AS edge(first_id, end_id, place)""",
            [dispatch_id, firsts, ends],
        )


def _missing_slices(writer: Connection, dispatch_id: int) -> list[tuple[int, Any, Any]]:
    rows = writer.execute(
        """SELECT number, first_id, end_id FROM notifications_audienceslice
            WHERE dispatch_id = %s AND written_at IS NULL ORDER BY number""",
        [dispatch_id],
    ).fetchall()
    return [(number, first, end) for number, first, end in rows]


_WRITE_SLICE = f"""
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
                address_token, shared_with_seq, basis, purpose_code, proof_id, status, reason,
                attempts, route, provider_reference)
        SELECT %(dispatch)s, n.seq, n.number, n.registrant_id, n.contact_point_id, n.channel,
               n.language, n.token,
               CASE WHEN n.is_shared THEN coalesce(n.earlier_seq, t.seq) END,
               '{Basis.CONSENT.value}', n.purpose_code, n.proof_id,
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
                   purpose_code text, proof_id bigint) ON COMMIT DROP"""
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
        writer.execute(
            _WRITE_SLICE, {"dispatch": dispatch_id, "number": number, "chunk": CHUNK_SIZE}
        )
    logger.info("slice written dispatch=%s slice=%s", dispatch_id, number)
    return 1
