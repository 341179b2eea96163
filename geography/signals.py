"""What geography tells the apps above it."""

from __future__ import annotations

from django.dispatch import Signal

# Posts or their districts are not what they were: rows that keep their post must look again.
# Sent after commit, with no arguments.
districts_changed = Signal()
