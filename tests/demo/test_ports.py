"""Ports: the usual ones when they are free, others when not, never one twice."""

from __future__ import annotations

import socket

from demo.ports import ADDRESS, Ports, free_port, is_free


def test_a_taken_port_is_passed_over() -> None:
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        assert free_port(port) != port


def test_a_port_taken_on_every_address_is_passed_over() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        assert not is_free(taken.getsockname()[1])


def test_when_all_near_ones_are_taken_any_free_one_is_taken() -> None:
    with socket.create_server((ADDRESS, 0)) as taken:
        port = taken.getsockname()[1]
        assert is_free(free_port(port, tries=1))


def test_no_two_servers_get_the_same_port() -> None:
    # The desk's usual port taken: the next one is the SMS gateway's.
    ports = Ports(desk=40_001, sms=40_001, mail=40_001)
    chosen = [ports.web, *ports.outside]
    assert len(set(chosen)) == len(chosen) == 6
