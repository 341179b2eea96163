"""Keeping what is in this process's memory out of files: no core dump, no swap."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import resource

logger = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE = 1, 2


def confine() -> None:
    """Forbid core dumps and reading by other processes, and lock memory where that is allowed.

    Locking needs CAP_IPC_LOCK or a high limit; without it the host must have no swap, or
    give the service MemorySwapMax=0. The outcome is logged as a code, it never fails.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        logger.warning("core dumps not forbidden", extra={"error_code": _error()})
    if _may_lock_all() and libc.mlockall(_MCL_CURRENT | _MCL_FUTURE) == 0:
        logger.info("memory locked")
    else:
        logger.warning("memory not locked", extra={"error_code": _error()})


def _may_lock_all() -> bool:
    # Locked under a low limit, the process would die of its next allocation.
    _soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
        return True
    return os.geteuid() == 0


def _error() -> str:
    return errno.errorcode.get(ctypes.get_errno(), "EPERM")
