"""What one staff session remembers: searches typed and records opened.

A search is kept sealed, because sessions lie in the database, and is named in the
address by a number of its own, because what was searched for must never stand there.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from encryption.keyring import SealError, keyring

_SEARCHES = "searches"
_OPENINGS = "openings"
_MOST_SEARCHES = 10
# A message may take longer to write than a record stays open; what was typed is not lost.
SENDING_GRACE_SECONDS = 30 * 60


def keep_search(session: SessionBase, sought: Mapping[str, str]) -> UUID:
    """Keep what was searched for, by field, and return the name it goes by."""
    search_id = uuid4()
    sealed = keyring().seal_for_system("search", json.dumps(sought).encode())
    kept = [*session.get(_SEARCHES, []), [str(search_id), base64.b64encode(sealed).decode()]]
    session[_SEARCHES] = kept[-_MOST_SEARCHES:]
    return search_id


def kept_search(session: SessionBase, search_id: UUID) -> dict[str, str] | None:
    """Return what was searched for under this name in this session, or None."""
    sealed = dict(session.get(_SEARCHES, [])).get(str(search_id))
    if sealed is None:
        return None
    try:
        opened = keyring().open_for_system("search", base64.b64decode(sealed))
        found: dict[str, str] = json.loads(opened)
    except (SealError, ValueError):
        return None
    return found


def note_opened(session: SessionBase, person_id: UUID) -> None:
    """Remember that a record was opened just now; forget openings that have run out."""
    now = int(time.time())
    openings = session.get(_OPENINGS, {})
    fresh = {key: at for key, at in openings.items() if now - at < SENDING_GRACE_SECONDS}
    session[_OPENINGS] = {**fresh, str(person_id): now}


def is_open(session: SessionBase, person_id: UUID) -> bool:
    """Tell whether a record was opened recently enough to be read."""
    return _age(session, person_id) < settings.RECORD_OPEN_SECONDS


def may_still_send(session: SessionBase, person_id: UUID) -> bool:
    """Tell whether a record was opened recently enough for what was written since to be sent."""
    return _age(session, person_id) < max(SENDING_GRACE_SECONDS, settings.RECORD_OPEN_SECONDS)


def _age(session: SessionBase, person_id: UUID) -> float:
    at = session.get(_OPENINGS, {}).get(str(person_id))
    return float("inf") if at is None else time.time() - at
