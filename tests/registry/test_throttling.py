"""Brakes stop guessing, and never a room full of frightened people."""

from __future__ import annotations

import logging

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from registry.models import ContactProof, Registrant
from registry.throttling import (
    ASKING_PER_CONTACT,
    TRYING_PER_SESSION,
    Limit,
    is_within,
    source_of,
)
from tests import people
from tests.registry.portal_visits import WRONG_CODE, errors_in, send_where, send_who, text_of

TOO_MANY = "There were many tries in a short time. Wait an hour and try again."


def test_a_limit_counts_each_subject_apart() -> None:
    limit = Limit("for-this-test", 2, 60)
    assert [is_within(limit, "one") for _ in range(3)] == [True, True, False]
    assert is_within(limit, "other")


def test_the_names_of_counters_tell_nobody_who_it_was() -> None:
    import os

    import redis

    limit = Limit("for-this-test", 2, 60)
    is_within(limit, "+9613123456")
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as valkey:
        names = [name.decode() for name in valkey.keys("*throttle*")]
    assert len(names) == 1
    assert "3123456" not in names[0]


def test_without_a_cache_nobody_is_held_up(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    limit = Limit("for-this-test", 1, 60)
    with caplog.at_level(logging.WARNING):
        assert all(is_within(limit, "+9613123456") for _ in range(3))
    assert "3123456" not in caplog.text


@pytest.mark.parametrize(
    ("remote", "forwarded", "source"),
    [
        ("93.184.216.34", "", "93.184.216.34"),
        # Only our own proxy, which has a private address, is believed about who came before it.
        ("93.184.216.34", "198.18.0.1", "93.184.216.34"),
        ("10.0.0.5", "1.1.1.1, 93.184.216.34", "93.184.216.34"),
        ("10.0.0.5", "nonsense", "10.0.0.5"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("2606:4700::1:2:3:4", "", "2606:4700::/64"),
        ("10.0.0.5", "2606:4700::9", "2606:4700::/64"),
        ("", "", "None"),
    ],
)
def test_the_source_is_the_network_our_proxy_saw(remote: str, forwarded: str, source: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert source_of(request) == source


@pytest.mark.django_db
def test_three_hundred_people_behind_one_address_all_register_and_sign_in() -> None:
    people.load_posts()
    statuses = set()
    for number in range(300):
        client = Client(REMOTE_ADDR="93.184.216.34")
        contact = people.phone(100_000 + number)
        statuses.add(client.post("/my/sign-in/", {"contact": contact}).status_code)
        statuses.add(client.post("/my/sign-in/code/", {"code": WRONG_CODE}).status_code)
        # Making a person takes a key and a dozen rows; a tenth of the room shows it as well.
        if number % 10 == 0:
            statuses.add(send_where(client, phone=contact).status_code)
            statuses.add(send_who(client).status_code)
    assert statuses == {302, 200}
    assert Registrant.objects.count() == 30


@pytest.mark.django_db
def test_one_contact_is_asked_for_only_so_often(client: Client) -> None:
    for _ in range(ASKING_PER_CONTACT.most):
        assert client.post("/my/sign-in/", {"contact": "+96170555001"}).status_code == 302
    # Any spelling, any visitor.
    page = Client().post("/my/sign-in/", {"contact": "00961 70 555 001"})
    assert page.status_code == 429
    assert errors_in(page) == [TOO_MANY]
    assert "00961 70 555 001" in text_of(page)
    assert ContactProof.objects.count() == ASKING_PER_CONTACT.most


@pytest.mark.django_db
def test_one_visitor_tries_only_so_many_codes(client: Client) -> None:
    client.post("/my/sign-in/", {"contact": "+96170555001"})
    for _ in range(TRYING_PER_SESSION.most):
        page = client.post("/my/sign-in/code/", {"code": WRONG_CODE})
        assert errors_in(page) != [TOO_MANY]
    page = client.post("/my/sign-in/code/", {"code": WRONG_CODE})
    assert errors_in(page) == [TOO_MANY]


@pytest.mark.django_db
def test_registering_works_while_the_cache_is_away(
    client: Client,
    settings: Settings,
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert send_where(client).status_code == 302
    assert send_who(client).status_code == 302
    assert client.get("/register/done/").status_code == 200
