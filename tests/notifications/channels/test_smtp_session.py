"""Opening a connection: encryption, signing in, and the bill for doing it wrongly."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest

from notifications.channels.protocol import OutgoingMail, RouteUnavailable
from notifications.channels.routes import open_mail_route
from tests.notifications.channels.certificates import make_certificate
from tests.notifications.channels.sinks import Behaviour, SmtpSink

MAIL = OutgoingMail("ana@people.example", "<1@x.example>", b"Hello\r\n", "b+1@b.example")
ACCOUNT = ("registry", "p:a/s@s wört")
IN_URL = "registry:p%3Aa%2Fs%40s%20w%C3%B6rt@"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def send_by(url: str) -> str:
    """Send one message; return an empty string or the code of the closed route."""
    with open_mail_route(url, is_exercise=False) as route:
        try:
            list(route.send([MAIL], is_exercise=False))
        except RouteUnavailable as closed:
            return closed.code
    return ""


@pytest.mark.parametrize(
    ("scheme", "options"), [("smtp", "starttls=1&"), ("smtps", "")], ids=["starttls", "implicit"]
)
def test_a_trusted_server_is_spoken_to_under_encryption(
    scheme: str, options: str, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    context, authority = certificate
    behaviour = Behaviour(tls=context, is_tls=scheme == "smtps", account=ACCOUNT)
    with SmtpSink(behaviour) as sink:
        url = f"{scheme}://{IN_URL}127.0.0.1:{sink.port}?{options}ca_file={authority}"
        assert send_by(url) == ""
    assert len(sink.received) == 1
    if scheme == "smtp":
        # What was offered before encryption is asked for again after it.
        assert [command[:4] for command in sink.commands[:3]] == ["EHLO", "STAR", "EHLO"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_stranger_certificate_closes_the_route(
    scheme: str, certificate: tuple[ssl.SSLContext, Path]
) -> None:
    behaviour = Behaviour(tls=certificate[0], is_tls=scheme == "smtps", account=ACCOUNT)
    with SmtpSink(behaviour) as sink:
        url = f"{scheme}://{IN_URL}127.0.0.1:{sink.port}"
        assert send_by(url + ("?starttls=1" if scheme == "smtp" else "")) == "smtp-tls"
    assert not any(command.startswith(("AUTH", "MAIL")) for command in sink.commands)


def test_encryption_that_is_asked_for_is_never_skipped() -> None:
    with SmtpSink() as sink:
        url = f"smtp://127.0.0.1:{sink.port}?starttls=1"
        assert send_by(url) == "smtp-starttls-not-offered"
    assert not any(command.startswith("MAIL") for command in sink.commands)


def test_words_slipped_in_before_encryption_close_the_route(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    behaviour = Behaviour(tls=certificate[0], injected=b"250 2.0.0 as if\r\n")
    with SmtpSink(behaviour) as sink:
        url = f"smtp://127.0.0.1:{sink.port}?starttls=1&ca_file={certificate[1]}"
        assert send_by(url) == "smtp-starttls-injected"
    assert sink.received == []


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "XOAUTH2 LOGIN PLAIN"])
def test_signing_in_by_either_mechanism(mechanisms: str) -> None:
    with SmtpSink(Behaviour(account=ACCOUNT, mechanisms=mechanisms)) as sink:
        assert send_by(f"smtp://{IN_URL}127.0.0.1:{sink.port}") == ""
    assert len(sink.received) == 1


def test_a_wrong_password_closes_the_route() -> None:
    with SmtpSink(Behaviour(account=ACCOUNT)) as sink:
        assert send_by(f"smtp://registry:wrong@127.0.0.1:{sink.port}") == "smtp-535-5.7.8"
        # Both sides agree on what was said: nothing else was tried.
        said = base64.b64encode(b"\0registry\0wrong").decode()
        assert [c for c in sink.commands if c.startswith("AUTH")] == [f"AUTH PLAIN {said}"]


def test_a_server_that_cannot_check_passwords_gets_none() -> None:
    with SmtpSink(Behaviour(account=ACCOUNT, mechanisms="GSSAPI")) as sink:
        assert send_by(f"smtp://{IN_URL}127.0.0.1:{sink.port}") == "smtp-auth-not-offered"
    assert not any(command.startswith("AUTH") for command in sink.commands)


def test_the_client_names_itself_as_told() -> None:
    with SmtpSink() as sink:
        send_by(f"smtp://127.0.0.1:{sink.port}?helo=mail.abroad.example")
        send_by(f"smtp://127.0.0.1:{sink.port}")
    greetings = [command for command in sink.commands if command.startswith("EHLO")]
    assert greetings == ["EHLO mail.abroad.example", "EHLO [127.0.0.1]"]
