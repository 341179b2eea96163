"""`python -m demo`: the whole product on this machine, until Ctrl-C."""

from __future__ import annotations

import sys

from demo.errors import DemoError
from demo.supervisor import ROOT, Supervisor


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
