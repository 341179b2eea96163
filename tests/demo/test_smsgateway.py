"""The local SMS gateway: what it takes and refuses, and how it calls back."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from demo.ports import ADDRESS
from demo.smsgateway import Fate, SmsGateway

SECRET = "known to both"


class Product:
    """Stands where the product stands; `answers` are the status codes it gives in turn."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        product = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                product.calls.append((self.path, self.headers["Authorization"], body))
                self.send_response(product.answers.pop(0) if product.answers else 204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = HTTPServer((ADDRESS, 0), Handler)
        self.base = f"http://{ADDRESS}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def product() -> Iterator[Product]:
    product = Product()
    yield product
    product.stop()


@pytest.fixture
def gateway(product: Product) -> Iterator[SmsGateway]:
    gateway = SmsGateway(secret=SECRET, callback_base=product.base).start()
    yield gateway
    gateway.stop()


def send(
    gateway: SmsGateway, to: str = "+9613123456", *, secret: str = SECRET, **changes: Any
) -> tuple[int, dict[str, Any]]:
    body = {
        "to": to,
        "from": "ABROAD",
        "text": "سلام",
        "reference": "r1",
        "validity_seconds": 600,
        **changes,
    }
    return post(gateway, json.dumps(body), secret=secret)


def post(
    gateway: SmsGateway, body: str, *, secret: str = SECRET, path: str = "/send"
) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(ADDRESS, gateway.port, timeout=20)
    try:
        connection.request("POST", path, body.encode(), {"Authorization": f"Bearer {secret}"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_a_message_is_kept_and_its_receipt_called_back(
    gateway: SmsGateway, product: Product
) -> None:
    status, answer = send(gateway)
    assert status == 202
    message = gateway.wait_for("+9613123456")
    assert (message.text, message.reference, message.validity_seconds) == ("سلام", "r1", 600)
    gateway.callbacks.wait_until_taken()
    ((path, authorization, body),) = product.calls
    assert path == "/api/v1/callbacks/sms/local/receipt"
    assert authorization == f"Bearer {SECRET}"
    assert (body["id"], body["status"]) == (answer["id"], "delivered")
    assert body.keys() == {"id", "event_id", "status", "at"}


@pytest.mark.parametrize(
    ("number", "status"), [("+99911000001", "undeliverable"), ("+99912000001", "expired")]
)
def test_some_numbers_are_taken_and_not_reached(
    gateway: SmsGateway, product: Product, number: str, status: str
) -> None:
    assert send(gateway, number)[0] == 202
    gateway.callbacks.wait_until_taken()
    assert [body["status"] for _, _, body in product.calls] == [status]


@pytest.mark.parametrize(
    ("number", "answer"),
    [
        ("+99940000001", (400, {"error": "invalid_destination"})),
        ("+99942000001", (429, {"error": "throttled"})),
        ("+99950000001", (503, {"error": "closed"})),
    ],
)
def test_some_numbers_are_not_taken(
    gateway: SmsGateway, number: str, answer: tuple[int, dict[str, str]]
) -> None:
    assert send(gateway, number) == answer
    assert len(gateway.messages) == 0


def test_some_answers_never_arrive(gateway: SmsGateway) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        send(gateway, "+99951000001")
    assert len(gateway.messages) == 1


def test_a_fate_can_be_set_and_the_longest_prefix_wins(gateway: SmsGateway) -> None:
    gateway.set_fate("+961", Fate.INVALID)
    gateway.set_fate("+9613", Fate.NO_RECEIPT)
    assert send(gateway, "+9611000000")[0] == 400
    assert send(gateway, "+9613000000")[0] == 202
    gateway.clear()
    assert send(gateway, "+9611000000")[0] == 202


def test_who_does_not_know_the_secret_is_refused(gateway: SmsGateway) -> None:
    assert send(gateway, secret="guessed") == (401, {"error": "unauthorized"})
    assert len(gateway.messages) == 0


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"to": "+1"}', '"x"'])
def test_what_is_no_message_is_refused(gateway: SmsGateway, body: str) -> None:
    assert post(gateway, body) == (400, {"error": "invalid_request"})


def test_other_addresses_do_not_exist(gateway: SmsGateway) -> None:
    assert post(gateway, "{}", path="/other")[0] == 404


def test_a_callback_comes_again_until_it_is_taken_the_same_each_time(
    gateway: SmsGateway, product: Product
) -> None:
    product.answers = [500, 404]
    send(gateway)
    gateway.callbacks.wait_until_taken()
    bodies = [body for _, _, body in product.calls]
    assert len(bodies) == 3
    assert bodies[0] == bodies[1] == bodies[2]


def test_an_answer_from_a_phone_goes_to_whoever_wrote_last(
    gateway: SmsGateway, product: Product
) -> None:
    gateway.set_fate("+961", Fate.NO_RECEIPT)
    send(gateway, **{"from": "OLD"})
    send(gateway, **{"from": "ABROAD"})
    gateway.reply("+9613123456", "آمن")
    gateway.callbacks.wait_until_taken()
    ((path, _, body),) = product.calls
    assert path == "/api/v1/callbacks/sms/local/inbound"
    assert (body["from"], body["to"], body["text"]) == ("+9613123456", "ABROAD", "آمن")
    assert body.keys() == {"event_id", "from", "to", "text", "at"}
    assert [reply.text for reply in gateway.replies] == ["آمن"]


def test_clearing_forgets_what_is_still_to_be_called_back(
    gateway: SmsGateway, product: Product
) -> None:
    gateway.receipt_delay = 600
    send(gateway)
    gateway.clear()
    gateway.callbacks.wait_until_taken(seconds=5)
    assert product.calls == []
    assert len(gateway.messages) == 0


def test_kept_messages_are_there_again_after_a_restart(tmp_path: Path) -> None:
    first = SmsGateway(secret=SECRET, folder=tmp_path).start()
    send(first)
    first.reply("+9613123456", "1")
    first.stop()
    second = SmsGateway(secret=SECRET, folder=tmp_path)
    assert second.messages.oldest_first() == first.messages.oldest_first()
    assert second.replies.oldest_first() == first.replies.oldest_first()
