"""The local mail server: real SMTP, everything kept, every kind of trouble on demand."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.mailbox import CapturedMail, Mailbox
from demo.ports import ADDRESS


@pytest.fixture
def box() -> Iterator[Mailbox]:
    mailbox = Mailbox().start()
    yield mailbox
    mailbox.stop()


def send(box: Mailbox, to: str, text: str = "Guten Tag") -> None:
    message = EmailMessage()
    message["From"] = "Abroad <messages@abroad.example>"
    message["To"] = to
    message["Subject"] = "رسالة"
    message.set_content(text)
    message.add_alternative("<p>Hello</p>", subtype="html")
    with smtplib.SMTP(ADDRESS, box.port, timeout=20) as client:
        client.send_message(message, from_addr="bounce+7@bounces.example", to_addrs=[to])


def test_a_mail_is_kept_with_its_envelope_and_parts(box: Mailbox) -> None:
    send(box, "amal@post.example", "سلام")
    mail = box.wait_for("AMAL@post.example")
    assert (mail.sender, mail.recipients) == ("bounce+7@bounces.example", ("amal@post.example",))
    assert mail.subject == "رسالة"
    assert mail.text.strip() == "سلام"
    assert mail.html.strip() == "<p>Hello</p>"


@pytest.mark.parametrize(
    ("address", "code"), [("a@refused.example", 550), ("a@later.example", 451)]
)
def test_two_domains_refuse_by_themselves(box: Mailbox, address: str, code: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(box, address)
    assert refusal.value.recipients[address][0] == code
    assert len(box.messages) == 0


def test_one_address_can_be_refused_until_the_box_is_cleared(box: Mailbox) -> None:
    box.refuse("amal@post.example", "552 5.2.2 Mailbox full")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(box, "Amal@post.example")
    box.clear()
    send(box, "amal@post.example")
    assert len(box.messages) == 1


def test_the_coming_mails_get_the_replies_that_were_set(box: Mailbox) -> None:
    box.reply_next("451 4.3.0 Try later", "554 5.7.1 No")
    for code in (451, 554):
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            send(box, "a@post.example")
        assert refusal.value.smtp_code == code
    send(box, "a@post.example")
    assert len(box.messages) == 1


def test_a_mail_can_be_kept_without_an_answer(box: Mailbox) -> None:
    box.reply_next(None)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(box, "a@post.example")
    assert len(box.messages) == 1


def test_waiting_in_vain_says_how_many_came_and_nothing_of_them(box: Mailbox) -> None:
    send(box, "a@post.example")
    with pytest.raises(TimeoutError, match="0 of 1 expected messages came") as complaint:
        box.wait_for("b@post.example", seconds=0.05)
    assert "post.example" not in str(complaint.value)


def test_kept_mails_are_there_again_after_a_restart(tmp_path: Path) -> None:
    first = Mailbox(folder=tmp_path).start()
    send(first, "a@post.example")
    first.stop()
    second = Mailbox(folder=tmp_path)
    assert second.messages.oldest_first() == first.messages.oldest_first()
    assert next(tmp_path.glob("*.eml")).read_bytes() == first.messages.oldest_first()[0].content


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    box = Mailbox(folder=tmp_path, most=2).start()
    for number in range(4):
        send(box, f"a{number}@post.example")
    box.stop()
    assert [mail.recipient for mail in box.messages] == ["a2@post.example", "a3@post.example"]
    assert len(list(tmp_path.glob("*.eml"))) == 2
    kept: list[CapturedMail] = Mailbox(folder=tmp_path).messages.oldest_first()
    assert len(kept) == 2
