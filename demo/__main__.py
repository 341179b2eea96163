"""`python -m demo`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

# Ctrl-C before anything runs ends us without a word; the supervisor then takes over.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from demo.errors import DemoError  # noqa: E402
from demo.supervisor import ROOT, Supervisor  # noqa: E402


def main() -> int:
    """Run the demo; return the exit code."""
    try:
        return Supervisor(ROOT / ".run").run()
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            f"{error.filename} belongs to another user, perhaps from an earlier start as root. "
            "Remove .run or start as that user.",
            file=sys.stderr,
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
