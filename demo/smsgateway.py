"""A local SMS gateway that delivers nothing and keeps everything.

POST /send {"to", "from", "text", "reference", "validity_seconds"} with a bearer secret
answers 202 {"id"}, 400 {"error"} or 429. What then becomes of a message is told to the
product at CALLBACK/api/v1/callbacks/sms/local/receipt, and what people answer at
.../inbound, as a provider would do it: with the secret, again and again until it is taken.

Numbers that begin with +999 are assigned to nobody; the two digits after it choose what
happens, see FATES.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self

from demo.callbacks import Callback, Callbacks
from demo.capture import Captures
from demo.ports import ADDRESS

_RECEIPT = "/api/v1/callbacks/sms/local/receipt"
_INBOUND = "/api/v1/callbacks/sms/local/inbound"
_MOST_BYTES = 64 * 1024


class Fate(Enum):
    """What becomes of a message."""

    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    EXPIRED = "expired"
    NO_RECEIPT = "no_receipt"
    INVALID = "invalid_destination"
    THROTTLED = "throttled"
    CLOSED = "closed"
    LOST = "lost"


# By the beginning of the number.
FATES: Mapping[str, Fate] = {
    "+99911": Fate.UNDELIVERABLE,
    "+99912": Fate.EXPIRED,
    "+99913": Fate.NO_RECEIPT,
    "+99940": Fate.INVALID,
    "+99942": Fate.THROTTLED,
    "+99950": Fate.CLOSED,
    "+99951": Fate.LOST,
}


@dataclass(frozen=True)
class CapturedSms:
    """One SMS as it was handed over, or one that a person sent back."""

    at: datetime
    id: str
    recipient: str
    sender: str
    text: str
    reference: str
    validity_seconds: int

    def save(self, stem: Path) -> None:
        """Write STEM.json."""
        content = {**asdict(self), "at": self.at.isoformat()}
        stem.with_suffix(".json").write_text(
            json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )

    @classmethod
    def load(cls, stem: Path) -> Self:
        """Read what save() wrote."""
        content = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        return cls(**{**content, "at": datetime.fromisoformat(content["at"])})


class SmsGateway:
    """The gateway: `SmsGateway(secret=...).start()`, then `messages` and `replies`.

    Port 0 takes a free one. Without `callback_base` nothing is called back. Faults can
    be set at any time: `latency` in seconds before each answer, `set_fate(number, fate)`.
    """

    def __init__(
        self,
        *,
        secret: str,
        port: int = 0,
        callback_base: str | None = None,
        receipt_delay: float = 0.0,
        folder: Path | None = None,
        most: int = 100_000,
    ) -> None:
        self.messages = Captures(CapturedSms, folder / "sms" if folder else None, most)
        self.replies = Captures(CapturedSms, folder / "sms-replies" if folder else None, most)
        self.secret = secret
        self.port = port
        self.callback_base = callback_base
        self.receipt_delay = receipt_delay
        self.latency = 0.0
        self.callbacks = Callbacks(secret)
        self._fates = dict(FATES)
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The address of the gateway as SMS_URL takes it, secret included."""
        return f"http://:{self.secret}@{ADDRESS}:{self.port}/send"

    def start(self) -> Self:
        """Listen and call back. Raises OSError when the port is taken."""
        handler = type("Handler", (_Handler,), {"gateway": self})
        self._server = ThreadingHTTPServer((ADDRESS, self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        ).start()
        self.callbacks.start()
        return self

    def stop(self) -> None:
        """Stop listening and calling back; what was kept stays."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self.callbacks.stop()

    def clear(self) -> None:
        """Forget the messages, what is still to be called back, and every fault."""
        self.messages.clear()
        self.replies.clear()
        self.callbacks.clear()
        self._fates = dict(FATES)
        self.latency = 0.0

    def set_fate(self, number_prefix: str, fate: Fate) -> None:
        """Choose what becomes of messages to numbers that begin so, like '+44'."""
        self._fates[number_prefix] = fate

    def fate_of(self, number: str) -> Fate:
        """Return what becomes of a message to the number; the longest prefix wins."""
        fitting = [prefix for prefix in self._fates if number.startswith(prefix)]
        return self._fates[max(fitting, key=len)] if fitting else Fate.DELIVERED

    def take(self, body: Mapping[str, Any]) -> str:
        """Keep a message and have its fate called back. Returns its id."""
        message = CapturedSms(
            at=datetime.now(UTC),
            id=secrets.token_hex(12),
            recipient=str(body["to"]),
            sender=str(body["from"]),
            text=str(body["text"]),
            reference=str(body.get("reference", "")),
            validity_seconds=int(body.get("validity_seconds", 0)),
        )
        self.messages.add(message)
        fate = self.fate_of(message.recipient)
        if fate in {Fate.DELIVERED, Fate.UNDELIVERABLE, Fate.EXPIRED}:
            self._call_back(
                _RECEIPT, {"id": message.id, "status": fate.value}, delay=self.receipt_delay
            )
        return message.id

    def reply(self, sender: str, text: str, *, to: str = "") -> None:
        """Send an SMS from a person's number to the product, `to` what was the sender.

        Without `to` it goes to whoever wrote to that number last.
        """
        if not to:
            to = next(
                (m.sender for _, m in self.messages.newest_first() if m.recipient == sender), ""
            )
        event_id = secrets.token_hex(12)
        now = datetime.now(UTC)
        self.replies.add(CapturedSms(now, event_id, to, sender, text, "", 0))
        self._call_back(
            _INBOUND, {"event_id": event_id, "from": sender, "to": to, "text": text}, at=now
        )

    def wait_for(self, number: str, *, count: int = 1, seconds: float = 30) -> CapturedSms:
        """Return the newest SMS to a number once `count` have come. Raises TimeoutError."""
        return self.messages.wait(
            lambda sms: sms.recipient == number, count=count, seconds=seconds
        )[-1]

    def _call_back(
        self,
        path: str,
        content: dict[str, str],
        *,
        delay: float = 0.0,
        at: datetime | None = None,
    ) -> None:
        if self.callback_base is None:
            return
        at = at or datetime.now(UTC)
        content = {"event_id": secrets.token_hex(12), **content, "at": at.isoformat()}
        self.callbacks.add(Callback(self.callback_base, path, content), delay=delay)


class _Handler(BaseHTTPRequestHandler):
    gateway: ClassVar[SmsGateway]
    protocol_version = "HTTP/1.1"
    # Waiting to fill a packet would cost 40 ms a message.
    disable_nagle_algorithm = True
    timeout = 300

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MOST_BYTES:
            self.close_connection = True
            self._answer(413, {"error": "too_large"})
            return
        content = self.rfile.read(length)
        if self.path != "/send":
            self._answer(404, {"error": "not_found"})
        elif not secrets.compare_digest(
            self.headers.get("Authorization", ""), f"Bearer {self.gateway.secret}"
        ):
            self._answer(401, {"error": "unauthorized"})
        else:
            self._take(content)

    def _take(self, content: bytes) -> None:
        try:
            body = json.loads(content)
            number = str(body["to"])
            body["from"], body["text"]
        except (ValueError, KeyError, TypeError):
            self._answer(400, {"error": "invalid_request"})
            return
        if self.gateway.latency:
            time.sleep(self.gateway.latency)
        fate = self.gateway.fate_of(number)
        if fate is Fate.INVALID:
            self._answer(400, {"error": fate.value})
        elif fate is Fate.THROTTLED:
            self._answer(429, {"error": "throttled"}, {"Retry-After": "1"})
        elif fate is Fate.CLOSED:
            self._answer(503, {"error": "closed"})
        else:
            reference = self.gateway.take(body)
            if fate is Fate.LOST:
                # Taken, but the answer never arrives: the sender cannot know.
                self.close_connection = True
                return
            self._answer(202, {"id": reference})

    def _answer(
        self, status: int, content: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the lines would hold what was asked for."""
