#!/usr/bin/env python3
"""Whether a container does its work, for its health check.

healthy.py                     the web server answers /healthz
healthy.py --process NAME      the process runs `manage.py NAME`
"""

from __future__ import annotations

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit


def is_served() -> bool:
    """Return whether the web server on this machine answers."""
    port = int(os.environ.get("WEB_BIND", "127.0.0.1:8000").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    # As the proxy would ask; the product knows no other host name.
    host = urlsplit(os.environ.get("SITE_ORIGIN", "")).netloc or "127.0.0.1"
    connection.request("GET", "/healthz", headers={"Host": host, "X-Forwarded-Proto": "https"})
    return connection.getresponse().status == 200


def is_running(name: str) -> bool:
    """Return whether a process of this container is `manage.py NAME`."""
    wanted = ["manage.py", name]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if any(words[place : place + 2] == wanted for place in range(len(words))):
            return True
    return False


def main() -> int:
    """Return 0 when all is well, else 1."""
    try:
        is_well = is_running(sys.argv[2]) if sys.argv[1:2] == ["--process"] else is_served()
    except (OSError, IndexError):
        is_well = False
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
