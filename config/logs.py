"""Log lines that hold ids, codes and durations, and never anything about a person.

SilentFilter makes a record safe whoever wrote it, libraries included; LineFormatter then
writes one line: instant, level, logger, message, ids.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

_ROOT = Path(__file__).resolve().parent.parent
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {
    *("message", "asctime", "taskName"),
    *("failure", "is_silent"),
}
# What may stand behind a message as name=value: `extra={"dispatch_id": 7, "sent_count": 12}`.
_NAMED = re.compile(
    r"(?:.*_)?(?:id|ids|code|codes|count|ms|seconds|status|state|queue|lane|channel|kind|pid)"
)
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

_UUID = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
# The local part may hold any letter of any script; a bare "user@host" counts as well.
_EMAIL = r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+"
# Seven digits or more, as people write them: with spaces, dots, dashes, brackets, slashes.
# That hides a date as well, and a birth date should be hidden.
_NUMBER = r"(?<![\w.-])\+?\(?\d(?:[\s().\-/\u00a0\u2010-\u2015]{0,3}\d){6,}(?![\w-])"
_PERSONAL = re.compile(rf"(?P<uuid>{_UUID})|(?P<email>{_EMAIL})|(?P<number>{_NUMBER})")
_QUERY = re.compile(r"\?[^\s\"'>)]*")
# A one-time link is as good as a password: long path parts with letters and digits go.
_PATH_PART = re.compile(r"(?<=/)[A-Za-z0-9_:=.~-]{12,}(?=[/\s\"'?]|$)")


def mask(text: str) -> str:
    """Return the text with anything that looks like an e-mail address or number replaced."""
    return _PERSONAL.sub(_masked, text)


def mask_path(path: str) -> str:
    """Return a URL path without its query and without parts that look like secrets."""
    return _PATH_PART.sub(_masked_part, _QUERY.sub("", path))


def failure(error: BaseException) -> str:
    """Return an exception's class and places, never its words: those quote the data.

    The exceptions that led to it follow, separated by `<-`.
    """
    parts = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        name = f"{type(current).__module__}.{type(current).__qualname__}"
        parts.append(" ".join([name.removeprefix("builtins."), *_places(current.__traceback__)]))
        current = current.__cause__ or current.__context__
    return " <- ".join(parts)


class SilentFilter(logging.Filter):
    """Takes out of a record whatever could be about a person, in place."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True always; the record is changed once, however many handlers see it."""
        if getattr(record, "is_silent", False):
            return True
        error = record.exc_info[1] if record.exc_info else None
        record.failure = failure(error) if error is not None else ""
        record.msg, record.args = _message(record), None
        record.exc_info = record.exc_text = record.stack_info = None
        # Django puts the whole request here; a handler added later must not find it.
        for name in ("request", "params", "sql"):
            record.__dict__.pop(name, None)
        record.is_silent = True
        return True


class LineFormatter(logging.Formatter):
    """One line per record: instant (UTC), level, logger, message, name=value pairs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; line ends inside a message become spaces."""
        SilentFilter().filter(record)
        instant = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        words = [
            instant.replace("+00:00", "Z"),
            record.levelname,
            record.name,
            " ".join(record.getMessage().split()),
            *_pairs(record),
        ]
        if text := getattr(record, "failure", ""):
            words.append(f"failure={text}")
        return " ".join(word for word in words if word)


def log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Log what ended the process as one silent line; for sys.excepthook."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("config.logs").critical("process ended", exc_info=(kind, error, trace))


def _message(record: logging.LogRecord) -> str:
    if record.name == "celery.app.trace" and isinstance(record.args, Mapping):
        # Its own words hold the exception's repr and the traceback with values.
        words = {name: record.args.get(name, "") for name in ("name", "id", "description")}
        return mask("Task {name}[{id}] {description}".format(**words))
    if record.name.startswith(("django.request", "django.security")):
        return mask(_request_message(record))
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001
        # Arguments that do not fit their message: the message alone is still of use.
        text = str(record.msg)
    # Libraries put a traceback's text into the message; its last lines quote values.
    text = text.partition("Traceback (most recent call last)")[0]
    if record.name.startswith(("django", "gunicorn")):
        text = mask_path(text)
    return mask(text)


def _request_message(record: logging.LogRecord) -> str:
    status = getattr(record, "status_code", "")
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    if match is not None:
        # The route's pattern instead of the address, which may hold a one-time token.
        return f"{status} at /{match.route}".strip()
    return mask_path(record.getMessage())


def _pairs(record: logging.LogRecord) -> list[str]:
    pairs = []
    for name, value in vars(record).items():
        if name in _STANDARD_FIELDS or not _NAMED.fullmatch(name):
            continue
        for text in _value(value):
            pairs.append(f"{name}={text}")
    return pairs


def _value(value: Any) -> list[str]:
    if isinstance(value, bool | int | UUID):
        return [str(value)]
    if isinstance(value, float):
        return [f"{value:.3f}"]
    if isinstance(value, str) and _CODE.fullmatch(value) and mask(value) == value:
        return [value]
    return []


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    # Our own last frame says what we were doing, the very last where it broke.
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    ours = [frame for frame in ours if "site-packages" not in frame.filename]
    chosen = dict.fromkeys(
        f"{_short(frame.filename)}:{frame.lineno}" for frame in [*ours[-1:], *frames[-1:]]
    )
    return [f"at {place}" for place in chosen]


def _short(filename: str) -> str:
    path = Path(filename)
    parts = path.parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else path.name


def _masked(match: re.Match[str]) -> str:
    return match[0] if match["uuid"] else "…"


def _masked_part(match: re.Match[str]) -> str:
    part = match[0]
    if re.fullmatch(_UUID, part):
        return part
    has_both = any(char.isdigit() for char in part) and any(char.isalpha() for char in part)
    is_mixed = part != part.lower() and part != part.upper()
    return "…" if has_both or is_mixed else part
