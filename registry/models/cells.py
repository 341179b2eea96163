"""Tokens of the map cells that exact positions lie in, for hosts that cannot run the finder."""

from __future__ import annotations

from django.db import models

from registry.models.stays import Stay


class StayCell(models.Model):
    """The cells of one stay, each as a token that says nothing without the index key.

    Derived, and kept in an UNLOGGED table: in no backup, on no replica, and empty after a
    crash, when it is made anew (registry/finding/points_filling.py).
    """

    stay = models.OneToOneField(Stay, on_delete=models.CASCADE, primary_key=True, related_name="+")
    key_version = models.SmallIntegerField()
    # How exact the position is, in three steps: 0 within 250 metres, 1 within 5 km, 2 beyond;
    # 9 where it cannot be read.
    reach = models.SmallIntegerField()
    # H3 resolution 5 (some 250 square kilometres) and 7 (some 5).
    large_token = models.BigIntegerField()
    small_token = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["reach", "large_token"], name="stay_by_large_cell"),
            models.Index(fields=["reach", "small_token"], name="stay_by_small_cell"),
        ]

    def __str__(self) -> str:
        return str(self.stay_id)


class CellsComplete(models.Model):
    """That every position has its tokens under one version of the index key.

    UNLOGGED as well: it vanishes together with the tokens it speaks of.
    """

    key_version = models.SmallIntegerField(primary_key=True)
    completed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.key_version)
