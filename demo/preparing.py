"""Making the databases, files and invented people ready; one process instead of five.

python -m demo.preparing FILE writes the invented staff's sign-ins to FILE.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from demo.keys import write_private  # noqa: E402


def prepare(sign_ins: Path) -> None:
    """Migrate both databases, wall them, collect static files, load the people. Repeatable."""
    for alias in ("default", "keys"):
        call_command("migrate", database=alias, interactive=False, verbosity=0)
    # Servers that were given may have no roles, and no superuser to make them.
    call_command("put_up_walls", where_roles_are=True, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_demo")
    lines = io.StringIO()
    call_command("load_demo", print_sign_ins=True, stdout=lines)
    write_private(sign_ins, lines.getvalue())


if __name__ == "__main__":
    prepare(Path(sys.argv[1]))
