"""`make bench-finding`: names, places and seals of a million made-up people, in one run.

Starts a PostgreSQL of its own. Prints what was measured and a table of the promises, and
exits 1 when one of them did not hold. `ARGS="--people 50000"` tries it on fewer people,
`ARGS="--only names"` leaves the other benchmarks out.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
from importlib.util import find_spec

from benchmarks.finding.bars import Bars
from demo.services import TemporaryServices

# Benchmarks with promises of their own, each run as it is run alone.
_PARTS = {
    "sealing": "benchmarks.sealing",
    "rotating": "benchmarks.rotating",
    "geometry": "benchmarks.finding.geometry",
    "attacks": "benchmarks.finding.attacks",
}


def _prepared() -> TemporaryServices:
    """Start the servers and load the product's settings."""
    services = TemporaryServices()
    services.start()
    os.environ.update({**services.environment(), "DJANGO_SETTINGS_MODULE": "config.settings.dev"})
    import django

    django.setup()
    return services


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--per-kind", type=int, default=50, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=77)
    parser.add_argument("--only", choices=["names", *_PARTS], action="append")
    parser.add_argument("--without-tokens", action="store_true")
    options = parser.parse_args()
    wanted = options.only or ["names", *_PARTS]
    bars = Bars()
    outside = dict(os.environ)
    services = _prepared()
    try:
        if "names" in wanted:
            from benchmarks.finding.naming import Naming

            assert services.postgres is not None
            url = services.postgres.superuser_url("registry")
            naming = Naming(
                url, options.people, options.per_kind, options.seed, not options.without_tokens
            )
            naming.run(bars)
            del naming
            gc.collect()
    finally:
        services.stop()
    for part in wanted:
        if part not in _PARTS:
            continue
        if find_spec(_PARTS[part]) is None:
            print(f"\n{_PARTS[part]} is not there")
            bars.ended(f"python -m {_PARTS[part]}", 1)
            continue
        print(f"\n--- {_PARTS[part]}", flush=True)
        # A process of its own: settings and servers of one part are not those of the next.
        ended = subprocess.run([sys.executable, "-m", _PARTS[part]], env=outside, check=False)
        bars.ended(f"python -m {_PARTS[part]}", ended.returncode)
    bars.show()
    return 1 if bars.missed else 0


if __name__ == "__main__":
    sys.exit(main())
