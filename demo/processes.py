"""Starting one child process and being sure that it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Without this a child outlives a parent that was killed with signal 9.
_SETPRIV = shutil.which("setpriv") if sys.platform == "linux" else None


@dataclass
class Process:
    """A child in a process group of its own, its output in a log file.

    Ctrl-C in a terminal goes to the whole foreground group; a group of its own lets us
    stop the children in order instead.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str] | None = None
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    user: int | None = None
    group: int | None = None
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the child. Raises OSError when the program cannot be run."""
        command = [str(part) for part in self.command]
        if _SETPRIV:
            command = [_SETPRIV, "--pdeathsig", self.stop_signal.name[3:], "--", *command]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab", opener=_open_private) as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if self.environment is None else dict(self.environment),
                cwd=self.folder,
                start_new_session=True,
                user=self.user,
                group=self.group,
                extra_groups=None if self.user is None else [],
            )

    @property
    def pid(self) -> int:
        """The child's process id. Raises LookupError when it was never started."""
        if self._child is None:
            raise LookupError(f"{self.name} has not been started")
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """How the child ended; None while it runs or when it was never started."""
        return None if self._child is None else self._child.poll()

    @property
    def is_running(self) -> bool:
        """Whether the child was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal to the child alone; it tells its own children."""
        if self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, self.stop_signal)

    def wait(self, seconds: float) -> bool:
        """Return whether the child has ended within so many seconds."""
        if self._child is None:
            return True
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End the child and whatever is left of its group at once."""
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()

    def stop(self, seconds: float = 10.0) -> None:
        """Ask the child to stop, wait, and end it when it does not."""
        self.ask_to_stop()
        self.wait(seconds)
        self.kill()

    def last_lines(self, count: int = 15) -> str:
        """Return the end of the log file."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-count:])


def stop_all(processes: Sequence[Process], seconds: float = 15.0) -> None:
    """Ask all to stop at once, give them so many seconds together, then end the rest."""
    for process in processes:
        process.ask_to_stop()
    deadline = time.monotonic() + seconds
    for process in processes:
        process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        process.kill()


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def end_leftover(pid_file: Path, mark: str, stop_signal: signal.Signals) -> None:
    """End a server that an earlier, killed start left behind; remove its pid file.

    The process is only touched when its command line holds `mark`, because the number
    may long belong to somebody else.
    """
    try:
        pid = int(pid_file.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        pid = 0
    if pid > 1 and mark in _command_line(pid):
        for signal_now in (stop_signal, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_now)
            deadline = time.monotonic() + 10
            while mark in _command_line(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
    with contextlib.suppress(OSError):
        pid_file.unlink()


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        pass
    if not (ps := shutil.which("ps")):
        return ""
    done = subprocess.run(
        [ps, "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout
