"""Giving open stays to the post whose district they now lie in."""

from __future__ import annotations

import logging

from geography.models import Post
from geography.selectors import district_filter
from registry.models import Stay

logger = logging.getLogger(__name__)


def follow_districts() -> int:
    """Bring every open stay to its post; return how many changed. Safe to run twice."""
    moved = 0
    for post in Post.objects.open():
        moved += (
            Stay.objects.filter(ended_at__isnull=True)
            .filter(district_filter(post))
            .exclude(post=post)
            .update(post=post)
        )
    if moved:
        logger.info("stays followed their districts count=%s", moved)
    return moved
