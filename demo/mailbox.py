"""A local mail server that delivers nothing and keeps everything.

It speaks real SMTP. Two domains misbehave, so that failures can be seen without setting
anything: @refused.example is refused for good (550), @later.example for now (451).
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.capture import Captures
from demo.ports import ADDRESS

# It would note who writes to whom.
logging.getLogger("mail.log").setLevel(logging.WARNING)

REFUSED_DOMAIN = "refused.example"
LATER_DOMAIN = "later.example"


@dataclass(frozen=True)
class CapturedMail:
    """One mail as it came over the wire, with its envelope."""

    at: datetime
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def recipient(self) -> str:
        """The first recipient of the envelope."""
        return self.recipients[0]

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.content, policy=policy.default)

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.message["Subject"] or "")

    @property
    def text(self) -> str:
        """The plain text part."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, empty when there is none."""
        return self._part("html")

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""

    def save(self, stem: Path) -> None:
        """Write STEM.eml and STEM.json, the envelope."""
        stem.with_suffix(".eml").write_bytes(self.content)
        envelope = {
            "at": self.at.isoformat(),
            "sender": self.sender,
            "recipients": self.recipients,
        }
        stem.with_suffix(".json").write_text(json.dumps(envelope), encoding="utf-8")

    @classmethod
    def load(cls, stem: Path) -> Self:
        """Read what save() wrote."""
        envelope = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        return cls(
            datetime.fromisoformat(envelope["at"]),
            envelope["sender"],
            tuple(envelope["recipients"]),
            stem.with_suffix(".eml").read_bytes(),
        )


class Mailbox:
    """The server: `Mailbox().start()`, then `messages`. Port 0 takes a free one.

    Faults can be set at any time: `latency` in seconds before each answer to a mail,
    `refuse(address, reply)` for one recipient, `reply_next` for the coming mails.
    """

    def __init__(self, port: int = 0, folder: Path | None = None, most: int = 100_000) -> None:
        self.messages: Captures[CapturedMail] = Captures(CapturedMail, folder, most)
        self.port = port
        self.latency = 0.0
        self._refusals: dict[str, str] = {}
        self._replies: list[str | None] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The server's address as MAIL_URL takes it."""
        return f"smtp://{ADDRESS}:{self.port}"

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        ready: Future[asyncio.Server] = Future()
        self._loop = asyncio.new_event_loop()
        # All of it in one thread of its own: the caller's may have a running loop already.
        self._thread = threading.Thread(target=self._serve, args=(self._loop, ready), daemon=True)
        self._thread.start()
        self._server = ready.result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        """Stop listening and hang up; what was kept stays."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(self._hang_up(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()

    def _serve(self, loop: asyncio.AbstractEventLoop, ready: Future[asyncio.Server]) -> None:
        asyncio.set_event_loop(loop)
        try:
            ready.set_result(
                loop.run_until_complete(loop.create_server(self._connection, ADDRESS, self.port))
            )
        except OSError as error:
            ready.set_exception(error)
        else:
            loop.run_forever()
        finally:
            loop.close()

    def clear(self) -> None:
        """Forget the mails and every fault that was set."""
        self.messages.clear()
        self._refusals.clear()
        self._replies.clear()
        self.latency = 0.0

    def refuse(self, address: str, reply: str = "550 5.1.1 No such mailbox") -> None:
        """Answer this SMTP reply whenever the address is named as a recipient."""
        self._refusals[address.lower()] = reply

    def reply_next(self, *replies: str | None) -> None:
        """Answer the coming mails, after their last line, with these replies.

        None hangs up without an answer after the mail was kept: the sender cannot know.
        A mail answered with 4xx or 5xx is not kept.
        """
        self._replies.extend(replies)

    def wait_for(self, address: str, *, count: int = 1, seconds: float = 30) -> CapturedMail:
        """Return the newest mail for an address once `count` have come.

        Raises TimeoutError.
        """
        wanted = address.lower()
        return self.messages.wait(
            lambda mail: wanted in {name.lower() for name in mail.recipients},
            count=count,
            seconds=seconds,
        )[-1]

    def reply_to_recipient(self, address: str) -> str | None:
        """Return the reply that refuses the address, None to take it."""
        address = address.lower()
        if address in self._refusals:
            return self._refusals[address]
        if address.endswith(f"@{REFUSED_DOMAIN}"):
            return "550 5.1.1 No such mailbox"
        if address.endswith(f"@{LATER_DOMAIN}"):
            return "451 4.3.0 Try again later"
        return None

    def _connection(self) -> SMTP:
        return SMTP(_Handler(self), hostname="mailbox.example", ident="Mailbox", loop=self._loop)

    async def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take_reply(self) -> tuple[bool, str | None]:
        """Return whether a reply was set for the mail now ending, and which."""
        return (True, self._replies.pop(0)) if self._replies else (False, None)


class _Handler:
    """aiosmtpd's hooks; their names and signatures are its own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if reply := self._mailbox.reply_to_recipient(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self._mailbox.latency:
            await asyncio.sleep(self._mailbox.latency)
        is_set, reply = self._mailbox.take_reply()
        if is_set and reply is not None and not reply.startswith("2"):
            return reply
        content = envelope.content
        self._mailbox.messages.add(
            CapturedMail(
                datetime.now(UTC),
                envelope.mail_from or "",
                tuple(envelope.rcpt_tos),
                content if isinstance(content, bytes) else (content or "").encode(),
            )
        )
        if is_set and reply is None and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return reply or "250 2.0.0 Kept"
