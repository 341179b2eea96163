"""One page that shows what arrived outside: captured mail and SMS, and sign-in codes.

A person can answer an SMS here as the phone it went to. Only for this machine's own
browser: other hosts' names and other sites' forms are refused.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from demo import desk_page
from demo.mailbox import Mailbox
from demo.ports import ADDRESS
from demo.smsgateway import SmsGateway
from demo.totp import current_codes

_STYLE = Path(__file__).with_name("desk.css")
_MOST_BYTES = 16 * 1024
_SHOWN = 60
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Outside:
    """A mail server and an SMS gateway, the live ones or those of exercises."""

    mailbox: Mailbox
    sms_gateway: SmsGateway
    is_exercise: bool = False


class Desk:
    """The page's server: `Desk(...).start()`. Port 0 takes a free one."""

    def __init__(
        self, outsides: Sequence[Outside], staff_file: Path, *, site: str, port: int = 0
    ) -> None:
        self.outsides = outsides
        self.staff_file = staff_file
        self.site = site
        self.port = port
        # Proves that a form was on our page and not on somebody else's.
        self.token = secrets.token_urlsafe(16)
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://{ADDRESS}:{self.port}/"

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        handler = type("Handler", (_Handler,), {"desk": self})
        self._server = ThreadingHTTPServer((ADDRESS, self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def page(self, wanted: str) -> str:
        """Return the page; `wanted` is a part of a recipient's address, or empty."""
        items = sorted(
            (item for outside in self.outsides for item in self._items(outside, wanted)),
            key=lambda item: item.at,
            reverse=True,
        )
        return desk_page.page(
            items[:_SHOWN],
            count=len(items),
            wanted=wanted,
            codes=current_codes(self.staff_file),
            site=self.site,
            token=self.token,
        )

    def raw_mail(self, place: int, number: int) -> bytes | None:
        """Return a mail as it came over the wire."""
        if not 0 <= place < len(self.outsides):
            return None
        mail = self.outsides[place].mailbox.messages.get(number)
        return mail.content if mail else None

    def reply(self, place: int, phone: str, text: str) -> bool:
        """Answer the last SMS to a phone, as that phone; False when it never got one."""
        if not 0 <= place < len(self.outsides):
            return False
        gateway = self.outsides[place].sms_gateway
        if not any(sms.recipient == phone for sms in gateway.messages):
            return False
        gateway.reply(phone, text)
        return True

    def _items(self, outside: Outside, wanted: str) -> list[desk_page.Item]:
        place = self.outsides.index(outside)
        wanted = wanted.casefold()
        return [
            *(
                desk_page.Item(
                    kind="mail",
                    at=mail.at,
                    recipient=", ".join(mail.recipients),
                    sender=str(mail.message["From"]),
                    title=mail.subject,
                    text=mail.text,
                    number=number,
                    place=place,
                    is_exercise=outside.is_exercise,
                )
                for number, mail in outside.mailbox.messages.newest_first()[: _SHOWN * 20]
                if wanted in " ".join(mail.recipients).casefold()
            ),
            *(
                desk_page.Item(
                    kind=kind,
                    at=sms.at,
                    recipient=sms.recipient,
                    sender=sms.sender,
                    title="",
                    text=sms.text,
                    number=number,
                    place=place,
                    is_exercise=outside.is_exercise,
                )
                for kind, kept in (
                    ("sms", outside.sms_gateway.messages),
                    ("reply", outside.sms_gateway.replies),
                )
                for number, sms in kept.newest_first()[: _SHOWN * 20]
                if wanted in f"{sms.recipient} {sms.sender}"
            ),
        ]


class _Handler(BaseHTTPRequestHandler):
    desk: ClassVar[Desk]
    timeout = 60

    def do_GET(self) -> None:
        if not self._is_for_us():
            self._answer(403, "Only for this machine.")
            return
        address = urlsplit(self.path)
        parts = address.path.strip("/").split("/")
        if address.path == "/":
            wanted = parse_qs(address.query).get("to", [""])[0].strip()
            self._answer(200, self.desk.page(wanted), "text/html; charset=utf-8")
        elif address.path == "/desk.css":
            self._answer(200, _STYLE.read_bytes(), "text/css; charset=utf-8")
        elif len(parts) == 3 and parts[0] == "mail" and all(p.isdecimal() for p in parts[1:]):
            content = self.desk.raw_mail(int(parts[1]), int(parts[2]))
            self._answer(200 if content else 404, content or "This mail is gone.")
        else:
            self._answer(404, "There is no such page.")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/reply" or not self._is_for_us() or length > _MOST_BYTES:
            self._answer(403, "Only for this machine's own page.")
            return
        form = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
        values = {name: found[0] for name, found in form.items()}
        if not secrets.compare_digest(values.get("token", "").encode(), self.desk.token.encode()):
            self._answer(403, "The page is from an earlier start. Go back and load it again.")
            return
        place = values.get("place", "")
        if place.isdecimal() and self.desk.reply(
            int(place), values.get("phone", ""), values.get("text", "")
        ):
            self._answer(303, "", headers={"Location": "/"})
        else:
            self._answer(404, "This phone has not got an SMS.")

    def _is_for_us(self) -> bool:
        # A page elsewhere could have its own name lead here.
        return self.headers.get("Host", "") in {
            f"{name}:{self.desk.port}" for name in (ADDRESS, "localhost")
        }

    def _answer(
        self,
        status: int,
        content: str | bytes,
        kind: str = "text/plain; charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        for name, value in {
            **_HEADERS,
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the lines would hold addresses."""
