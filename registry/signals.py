"""The only arrows that point up: sent after commit, carrying an id."""

from __future__ import annotations

from django.dispatch import Signal

# A one-time code was asked for: proof_id (int).
proof_asked = Signal()
# A person was erased: person_id (UUID).
person_erased = Signal()
# A contact was added to a registration or is leaving it: point_id (UUID) of the contact.
contact_changed = Signal()
# Staff called a person and noted how it ended: entry_id (UUID) of the contact log.
call_logged = Signal()
