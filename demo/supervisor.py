"""Starting, watching and stopping everything that `make demo` runs."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from demo.errors import DemoError
from demo.keys import write_private
from demo.lock import Lock
from demo.ports import ADDRESS, Ports
from demo.processes import Process, stop_all
from demo.services import Services
from demo.sockets import make_socket_folder
from walls.roles import DatabaseRole

ROOT = Path(__file__).resolve().parent.parent
MOST_RESTARTS = 5
# Worker pools and the queues each serves: one is kept free for alerts.
WORKER_POOLS = {"worker-alerts": "crisis", "worker-general": "crisis,urgent,routine"}


@dataclass
class Watched:
    """A process that is started again when it ends by itself."""

    process: Process
    restarts: int = 0
    next_start: float = 0.0
    is_given_up: bool = False


class Supervisor:
    """The running demo of one checkout, its data in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services = Services(folder)
        self._lock = Lock(folder)
        self._sockets: Path | None = None
        self._stop = threading.Event()
        self._outside: list[Process] = []
        self._product: list[Process] = []
        self._began = time.monotonic()

    def run(self) -> int:
        """Run until a signal asks to stop; return the exit code. Raises DemoError."""
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock.take()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            return self._run()
        except DemoError:
            # Ctrl-C reaches the programs that are being run, too: their failing is no news.
            if self._stop.is_set():
                return 0
            raise
        finally:
            self._end()

    def _run(self) -> int:
        shutil.rmtree(self.folder / "logs", ignore_errors=True)
        self._say("Starting PostgreSQL and Valkey")
        self.services.start()
        ports = Ports()
        environment = self._environment(ports)
        self._lock.say(f"its page: {environment['SITE_ORIGIN']}")
        self._outside = [self._python("outside", environment, "-m", "demo.outside")]
        self._outside[0].start()
        self._say("Preparing the databases and the invented people (first time: a minute)")
        sign_ins = self.folder / "sign-ins.tsv"
        migrating = self._as(DatabaseRole.MIGRATOR, environment)
        self._finish(self._python("preparing", migrating, "-m", "demo.preparing", str(sign_ins)))
        self._say("Starting the register")
        self._product = self._product_processes(environment)
        for process in self._product:
            process.start()
        self._wait_until_served(environment["SITE_ORIGIN"])
        if self._stop.is_set():
            return 0
        self._print_table(environment["SITE_ORIGIN"], ports, sign_ins)
        self._watch()
        return 0

    def _environment(self, ports: Ports) -> dict[str, str]:
        self._sockets = make_socket_folder(self.folder, "finder")
        settings = self.services.environment(DatabaseRole.WORKER)
        secret = self.services.keys.sms_callback_secret.read_text(encoding="utf-8")
        for name, port in (("SMS_URL", ports.sms), ("EXERCISE_SMS_URL", ports.exercise_sms)):
            path = self.services.keys.folder / name.lower().replace("_", "-")
            write_private(path, f"http://:{secret}@{ADDRESS}:{port}/send")
            settings[f"{name}_FILE"] = str(path)
        settings |= {
            "DJANGO_SETTINGS_MODULE": "config.settings.dev",
            "SITE_ORIGIN": f"http://{ADDRESS}:{ports.web}",
            "MAIL_URL": f"smtp://{ADDRESS}:{ports.mail}",
            "EXERCISE_MAIL_URL": f"smtp://{ADDRESS}:{ports.exercise_mail}",
            "CELERY_BEAT_SCHEDULE_PATH": str(self.folder / "beat-schedule"),
            "FINDER_SOCKET": str(self._sockets / "socket"),
        }
        # For commands typed in another window, see config/settings/dev.py.
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        write_private(self.folder / "environment", "".join(lines))
        return {
            **{name: value for name, value in os.environ.items() if f"{name}_FILE" not in settings},
            **settings,
            "WEB_BIND": f"{ADDRESS}:{ports.web}",
            "DEMO_CAPTURED": str(self.folder / "captured"),
            "DEMO_OUTSIDE_PORTS": ",".join(str(port) for port in ports.outside),
            "PYTHONUNBUFFERED": "1",
        }

    def _as(self, role: DatabaseRole, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a process that speaks to the databases in another role."""
        return {**environment, **self.services.environment(role)}

    def _product_processes(self, environment: Mapping[str, str]) -> list[Process]:
        celery = ("-m", "celery", "--app", "config")
        processes = [
            self._python(
                "web",
                self._as(DatabaseRole.APP, environment),
                *("-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"),
            ),
            *(
                self._python(
                    name,
                    environment,
                    *(*celery, "worker", "--queues", queues, "--concurrency", "2"),
                    *("--hostname", f"{name}@demo", "--without-gossip", "--without-mingle"),
                )
                for name, queues in WORKER_POOLS.items()
            ),
            self._python("beat", environment, *celery, "beat", "--pidfile", ""),
            self._python("dispatcher", environment, "manage.py", "dispatcher"),
        ]
        if any(ROOT.glob("*/management/commands/finder.py")):
            processes.append(self._python("finder", environment, "manage.py", "finder"))
        return processes

    def _python(self, name: str, environment: Mapping[str, str], *arguments: str) -> Process:
        return Process(
            name=name,
            command=[sys.executable, *arguments],
            log=self.folder / "logs" / f"{name}.log",
            environment=environment,
            folder=ROOT,
        )

    def _finish(self, process: Process) -> None:
        process.start()
        while not self._stop.is_set():
            if process.wait(0.1):
                break
        if self._stop.is_set():
            process.stop()
            raise DemoError("stopped")
        if process.exit_code:
            raise DemoError(f"{process.name} failed. The end of its log:\n{process.last_lines(30)}")

    def _wait_until_served(self, origin: str) -> None:
        place = urlsplit(origin)
        deadline = time.monotonic() + 90
        web = self._product[0]
        while not self._stop.is_set():
            connection = http.client.HTTPConnection(ADDRESS, place.port, timeout=5)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            finally:
                connection.close()
            if not web.is_running or time.monotonic() > deadline:
                raise DemoError(f"The web server did not start:\n{web.last_lines(30)}")
            self._stop.wait(0.1)

    def _watch(self) -> None:
        servers = [*self.services.processes, *self._outside, *self._product]
        watched = [Watched(process) for process in servers]
        while not self._stop.wait(0.5):
            for one in watched:
                if not one.process.is_running and not one.is_given_up:
                    self._start_again(one)

    def _start_again(self, one: Watched) -> None:
        now = time.monotonic()
        if not one.next_start:
            process = one.process
            process.kill()
            self._say(f"{process.name} ended by itself (exit code {process.exit_code})")
            print(f"The end of {process.log}:\n{process.last_lines()}", flush=True)
            if one.restarts == MOST_RESTARTS:
                one.is_given_up = True
                self._say(f"{process.name} is not started again; press Ctrl-C and start anew")
                return
            one.next_start = now + 2.0**one.restarts
        elif now >= one.next_start:
            one.restarts += 1
            one.next_start = 0.0
            one.process.start()
            self._say(f"{one.process.name} started again ({one.restarts} of {MOST_RESTARTS})")

    def _end(self) -> None:
        if self._product or self._outside or self.services.processes:
            self._say("Stopping")
        stop_all(self._product, 15)
        stop_all(self._outside, 5)
        self.services.stop()
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
        # The addresses in it lead nowhere from now on.
        (self.folder / "environment").unlink(missing_ok=True)
        self._lock.release()

    def _ask_to_stop(self, *_: object) -> None:
        if self._stop.is_set():
            # Asked twice: whoever asks has no more patience.
            for process in [*self._product, *self._outside]:
                if process.is_running:
                    os.killpg(process.pid, signal.SIGKILL)
        self._stop.set()

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._began:6.1f} s] {text}", flush=True)

    def _print_table(self, origin: str, ports: Ports, sign_ins: Path) -> None:
        pages = [
            ("Register yourself", f"{origin}/"),
            ("Consular posts", f"{origin}/console/"),
            ("The ministry", f"{origin}/ministry/"),
            ("Captured mail and SMS, sign-in codes", f"http://{ADDRESS}:{ports.desk}/"),
        ]
        people = [
            line.split("\t") for line in sign_ins.read_text(encoding="utf-8").splitlines() if line
        ]
        self._say("Ready")
        print()
        _print_columns(pages)
        print()
        _print_columns([("Sign in as", "E-mail", "Password", "Role"), *people])
        print(f"\nLogs lie in {self.folder / 'logs'}. Ctrl-C ends everything.", flush=True)


def _print_columns(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  " + "  ".join(cells).rstrip())
