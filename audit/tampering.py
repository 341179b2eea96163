"""Writing down that something sealed was refused, whatever becomes of the request that met it.

The event must outlive a transaction that the refusal itself rolls back, so inside one it is
written through a connection of its own. One object makes one event an hour: a page that is
read again and again must not bury the first sight of it.
"""

from __future__ import annotations

import datetime
import logging
import time
from collections import OrderedDict
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from audit.models import ActorKind, AuditEvent
from encryption.signals import Refusal, seal_refused

ACT = "encryption.seal-refused"
ONCE_IN = datetime.timedelta(hours=1)
_MOST_REMEMBERED = 4096
_seen: OrderedDict[tuple[str, str], float] = OrderedDict()
_lock = Lock()

logger = logging.getLogger(__name__)


def on_seal_refused(sender: object, refusal: Refusal, **kwargs: Any) -> None:
    """Append one event for the refused object, unless there was one within the hour."""
    if _was_seen(refusal):
        return
    logger.error(
        "sealed value refused",
        extra={"object_kind": refusal.place, "row_id": refusal.row_id},
    )
    try:
        _write(refusal)
    except Exception:
        _forget(refusal)
        raise


def _write(refusal: Refusal) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.in_atomic_block:
        _append(refusal)
        return
    # Django looks a connection up by its alias, in a register of this thread.
    beside = connection.copy()
    connections[DEFAULT_DB_ALIAS] = beside
    try:
        _append(refusal)
    finally:
        connections[DEFAULT_DB_ALIAS] = connection
        beside.close()


def _append(refusal: Refusal) -> None:
    with transaction.atomic():
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            # Processes that meet the same object at once take turns; the second sees the event.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{ACT}|{refusal.place}|{refusal.row_id}"],
            )
        known = AuditEvent.objects.filter(
            subject_id=refusal.person_id,
            act=ACT,
            object_kind=refusal.place[:40],
            object_id=refusal.row_id[:40],
            at__gt=timezone.now() - ONCE_IN,
        )
        if not known.exists():
            AuditEvent.objects.create(
                actor_kind=ActorKind.MACHINE,
                act=ACT,
                subject_id=refusal.person_id,
                object_kind=refusal.place[:40],
                object_id=refusal.row_id[:40],
            )


def _was_seen(refusal: Refusal) -> bool:
    """Tell whether this process wrote the event within the hour; remember it if not."""
    now, key = time.monotonic(), (refusal.place, refusal.row_id)
    with _lock:
        before = _seen.get(key)
        if before is not None and now - before < ONCE_IN.total_seconds():
            return True
        _seen[key] = now
        _seen.move_to_end(key)
        while len(_seen) > _MOST_REMEMBERED:
            _seen.popitem(last=False)
    return False


def _forget(refusal: Refusal) -> None:
    with _lock:
        _seen.pop((refusal.place, refusal.row_id), None)


def connect() -> None:
    """Listen to encryption; called once, at start."""
    seal_refused.connect(on_seal_refused, dispatch_uid="audit.seal-refused")
