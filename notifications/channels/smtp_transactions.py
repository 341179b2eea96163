"""Taking one message at a time through an SMTP session, with at most one envelope ahead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from notifications.channels.addresses import check_mail_address
from notifications.channels.protocol import HandedOver, Outcome, OutgoingMail
from notifications.channels.smtp_replies import RouteRefused, Stage, is_go_ahead, outcome_of
from notifications.channels.smtp_session import ConnectionLost, SmtpEndpoint, SmtpSession


class BareLineEnding(ValueError):
    """A payload with a lone CR or LF, or a NUL: servers disagree where such a text ends."""


@dataclass(frozen=True, slots=True, eq=False)
class WireMail:
    """A checked message in the form in which it goes over the wire."""

    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    #: Dot-stuffed, with the final dot.
    text: bytes = field(repr=False)
    #: Octets before dot-stuffing, as SIZE counts them.
    size: int
    is_eight_bit: bool
    is_international: bool


def wire_mail(mail: OutgoingMail) -> WireMail:
    """Check `mail` once more, in the last place before a socket, and make it ready.

    Raises UnusableAddress (TwoRecipients) or BareLineEnding.
    """
    recipient = check_mail_address(mail.recipient)
    sender = check_mail_address(mail.envelope_from) if mail.envelope_from else ""
    text = mail.payload
    line_ends = text.count(b"\r\n")
    if text.count(b"\n") != line_ends or text.count(b"\r") != line_ends or b"\0" in text:
        raise BareLineEnding("a payload needs CRLF line ends and no NUL")
    if not text.endswith(b"\r\n"):
        text += b"\r\n"
    size = len(text)
    is_eight_bit = not text.isascii()
    text = text.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return WireMail(
        sender=sender,
        recipient=recipient,
        text=text + b".\r\n",
        size=size,
        is_eight_bit=is_eight_bit,
        is_international=not (sender.isascii() and recipient.isascii()),
    )


class SmtpTransactions:
    """Messages over one connection. Opening raises RouteUnavailable."""

    def __init__(self, endpoint: SmtpEndpoint) -> None:
        self._final_dot_timeout = endpoint.final_dot_timeout
        self._session = SmtpSession(endpoint)
        self._opened_at = time.monotonic()
        self._ahead: WireMail | None = None
        # Whose envelope went with the text that has no outcome yet.
        self._next_ahead: WireMail | None = None
        self._needs_reset = False
        #: Transactions that came to an end here, whatever their outcome.
        self.completed = 0
        #: False once an answer is missing or the connection failed.
        self.is_usable = True
        #: Whether the server is in the middle of a message.
        self.is_busy = False

    @property
    def pipelines(self) -> bool:
        """Whether the server takes several commands at once."""
        return "PIPELINING" in self._session.extensions

    def is_worn(self, *, messages: int, seconds: float) -> bool:
        """Whether the connection has served long enough, the message in hand counted."""
        return self.completed >= messages or time.monotonic() - self._opened_at >= seconds

    def is_stale(self) -> bool:
        """Whether the server hung up, or complained, between two messages."""
        return self._session.is_stale()

    def unfit(self, mail: WireMail) -> HandedOver | None:
        """Return why this server cannot take this message, if so; nothing is written."""
        extensions = self._session.extensions
        if mail.is_international and "SMTPUTF8" not in extensions:
            return HandedOver(Outcome.REFUSED, "", "smtputf8-not-offered")
        if mail.is_eight_bit and "8BITMIME" not in extensions:
            return HandedOver(Outcome.MESSAGE_REFUSED, "", "8bitmime-not-offered")
        limit = extensions.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < mail.size:
            return HandedOver(Outcome.MESSAGE_REFUSED, "", "size-over-limit")
        return None

    def offer(self, mail: WireMail) -> HandedOver | None:
        """Send the envelope unless it went ahead; return None if the text may follow.

        Raises ConnectionLost and RouteRefused; the message has not left then.
        """
        commands = list(self._commands(mail))
        went_ahead, self._ahead = self._ahead is mail, None
        if self.pipelines and not went_ahead:
            self._session.write(b"".join(command for _, command in commands))
        self.is_busy = True
        refusal: HandedOver | None = None
        refused_at: Stage | None = None
        for stage, command in commands:
            if not self.pipelines:
                self._session.write(command)
            reply = self._session.reply()
            if stage is None:
                if reply.code != 250:
                    raise RouteRefused(reply.machine_code)
            elif not is_go_ahead(stage, reply):
                if refusal is None:
                    refusal, refused_at = outcome_of(stage, reply), stage
                if not self.pipelines:
                    break
            elif stage is Stage.DATA and refused_at is Stage.RECIPIENT:
                # It waits for a text although nobody is to get it: an empty one ends that.
                self._session.ask(b".\r\n")
            elif stage is Stage.DATA and refusal is not None:
                # It may have kept the recipient, who would get the empty text.
                self.is_usable = False
        self._needs_reset = refusal is not None
        if refusal is not None:
            self.completed += 1
            self.is_busy = False
        return refusal

    def begin(self, mail: WireMail, following: WireMail | None) -> None:
        """Send the text and, in the same write, the envelope of the `following` message.

        Its outcome is asked for with `end`, and must be. Raises ConnectionLost; the message
        was not accepted then.
        """
        if following is not None and self.unfit(following) is not None:
            following = None
        envelope = b""
        if following is not None:
            envelope = b"".join(command for _, command in self._commands(following))
        try:
            self._session.write(mail.text + envelope)
        except ConnectionLost as lost:
            if lost.sent < len(mail.text):
                # The final dot never left, so the server cannot have taken the message.
                raise
            self.is_usable = False
        self._next_ahead = following

    def end(self) -> HandedOver:
        """Wait for the outcome of the text that was begun.

        Raises ConnectionLost and RouteRefused; the message was not accepted then.
        """
        following, self._next_ahead = self._next_ahead, None
        try:
            reply = self._session.reply(self._final_dot_timeout)
        except ConnectionLost as lost:
            self.is_usable = False
            if lost.said_goodbye:
                raise
            return HandedOver(Outcome.UNKNOWN, "", f"{lost.code}-after-data")
        if reply.code < 400 and reply.code != 250:
            self.is_usable = False
            return HandedOver(Outcome.UNKNOWN, "", f"{reply.machine_code}-after-data")
        self._ahead = following
        self.is_busy = following is not None
        self.completed += 1
        if reply.code == 250:
            return HandedOver(Outcome.ACCEPTED, reply.queue_id, reply.machine_code)
        return outcome_of(Stage.PAYLOAD, reply)

    def _commands(self, mail: WireMail) -> Iterator[tuple[Stage | None, bytes]]:
        if self._needs_reset:
            yield None, b"RSET\r\n"
        parameters = ""
        if "SIZE" in self._session.extensions:
            parameters = f" SIZE={mail.size}"
        if mail.is_eight_bit:
            parameters += " BODY=8BITMIME"
        if mail.is_international:
            parameters += " SMTPUTF8"
        yield Stage.SENDER, f"MAIL FROM:<{mail.sender}>{parameters}\r\n".encode()
        yield Stage.RECIPIENT, f"RCPT TO:<{mail.recipient}>\r\n".encode()
        yield Stage.DATA, b"DATA\r\n"

    def close(self) -> None:
        """Say QUIT, unless in the middle of a message, and hang up."""
        if self.is_busy or not self.is_usable:
            self._session.drop()
        else:
            self._session.close()
