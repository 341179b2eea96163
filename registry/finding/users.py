"""Which users of this machine run the finder, and which ask it."""

from __future__ import annotations

import os
import pwd

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def is_one_of_ours(user_id: int) -> bool:
    """Whether a process at the other end of the finder's socket may be there.

    It is this process's own user or one that FINDER_USERS names. The root user is not, unless
    named: who may open every file shall not read names by the way.
    """
    return user_id == os.geteuid() or user_id in _other_users()


def are_several() -> bool:
    """Whether the finder and those who ask it are different users."""
    return bool(_other_users())


def _other_users() -> frozenset[int]:
    return frozenset(_number(name) for name in settings.FINDER_USERS)


def _number(name: str) -> int:
    if name.isdecimal():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ImproperlyConfigured("FINDER_USERS names a user this machine does not have") from None
