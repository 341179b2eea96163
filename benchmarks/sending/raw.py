"""The physical limit: ready-made bytes over pipelined SMTP, and nothing else.

`python -m benchmarks.sending.raw PORT CONNECTIONS FILE` sends what a benchmark wrote to
FILE, a pickle of [(sender, recipient, payload), …], over so many connections at once. The
envelope of the next message travels with the text of this one (RFC 2920), so that a message
costs one write and one read. Prints when it began and how long it took.
"""

from __future__ import annotations

import json
import pickle
import selectors
import socket
import sys
import time
from collections.abc import Iterator

Wire = tuple[bytes, bytes]


def wire(mails: list[tuple[str, str, bytes]]) -> list[Wire]:
    """Return (envelope, text) of each message as they go over the wire."""
    return [
        (
            b"MAIL FROM:<%b> SIZE=%d\r\nRCPT TO:<%b>\r\nDATA\r\n"
            % (sender.encode(), len(payload), recipient.encode()),
            payload.replace(b"\r\n.", b"\r\n..") + b".\r\n",
        )
        for sender, recipient, payload in mails
    ]


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.recv(4096)
    connection.sendall(b"EHLO raw.example\r\n")
    connection.recv(4096)
    return connection


def send(port: int, connections: int, mails: Iterator[Wire]) -> int:
    """Send everything; return how many the server accepted."""
    ready = selectors.DefaultSelector()
    accepted = 0
    for _ in range(connections):
        first = next(mails, None)
        if first is None:
            break
        connection = _connect(port)
        connection.sendall(first[0])
        # Text in hand, replies still to come, unfinished bytes.
        ready.register(connection, selectors.EVENT_READ, [first[1], 3, b""])
    while ready.get_map():
        for key, _ in ready.select():
            ready_socket, state = key.fileobj, key.data
            assert isinstance(ready_socket, socket.socket)
            data = state[2] + ready_socket.recv(4096)
            lines = data.split(b"\r\n")
            state[2] = lines.pop()
            state[1] -= len(lines)
            accepted += sum(line[:1] == b"2" for line in lines)
            if state[1] > 0:
                continue
            text = state[0]
            if text is None:
                ready.unregister(ready_socket)
                ready_socket.close()
                continue
            following = next(mails, None)
            if following is None:
                state[0], state[1] = None, 1
                ready_socket.sendall(text)
            else:
                state[0], state[1] = following[1], 4
                ready_socket.sendall(text + following[0])
    return accepted


def main() -> None:
    """Wait for a line on standard input, so that several begin together; then send."""
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    with open(sys.argv[3], "rb") as file:
        mails = wire(pickle.load(file))  # noqa: S301
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    began, cpu = time.time(), time.process_time()
    send(port, connections, iter(mails))
    sys.stdout.write(
        json.dumps({"began": began, "ended": time.time(), "cpu": time.process_time() - cpu}) + "\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
