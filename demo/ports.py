"""Finding ports of this machine's own address that nobody uses."""

from __future__ import annotations

import errno
import socket

ADDRESS = "127.0.0.1"


def free_port(preferred: int = 0, tries: int = 20) -> int:
    """Return `preferred` or one of the next ports when it is taken, else any free one."""
    for port in range(preferred, preferred + tries) if preferred else ():
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: connections that have just ended are not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
        return True
