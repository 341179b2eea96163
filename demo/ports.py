"""Finding ports of this machine's own address that nobody uses."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection
from dataclasses import dataclass, field

ADDRESS = "127.0.0.1"


def free_port(preferred: int = 0, *, tries: int = 20, avoid: Collection[int] = ()) -> int:
    """Return `preferred` or one of the next ports when it is taken, else any free one."""
    for port in range(preferred, preferred + tries) if preferred else ():
        if port not in avoid and is_free(port):
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


@dataclass
class Ports:
    """The ports of one demo, each the usual one or the next that is free."""

    web: int = 8000
    desk: int = 8025
    mail: int = 2525
    sms: int = 8026
    exercise_mail: int = 2526
    exercise_sms: int = 8027
    _chosen: set[int] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("web", "desk", "mail", "sms", "exercise_mail", "exercise_sms"):
            port = free_port(getattr(self, name), avoid=self._chosen)
            self._chosen.add(port)
            setattr(self, name, port)

    @property
    def outside(self) -> tuple[int, ...]:
        """The ports of what demo.outside serves, in the order it takes them."""
        return (self.desk, self.mail, self.sms, self.exercise_mail, self.exercise_sms)
