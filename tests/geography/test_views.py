from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from geography.forms import area_choices

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
@pytest.mark.parametrize("country", ["LB", "FR", "GB", "VA"])
def test_the_areas_are_those_of_the_form_in_the_same_order(
    client: Client, country: str, language: str
) -> None:
    answer = client.get(reverse("geography:areas", args=[country, language]))
    choices: list[object] = []
    for group in answer.json()["groups"]:
        options = [tuple(option) for option in group["options"]]
        choices += [(group["label"], options)] if group["label"] else options
    with translation.override(language):
        assert choices == area_choices(country, language)


def test_anybody_may_keep_the_answer(client: Client) -> None:
    answer = client.get("/geography/areas/LB.ar.json")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert not answer.cookies
    assert "بيروت" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/geography/areas/LB.de.json",
        "/geography/areas/lb.en.json",
        "/geography/areas/LBN.en.json",
        "/geography/areas/LB.en.xml",
        "/geography/areas/..%2F.en.json",
    ],
)
def test_anything_else_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


def test_an_unknown_country_has_no_areas(client: Client) -> None:
    assert client.get("/geography/areas/QQ.en.json").json() == {"groups": []}


def test_nothing_can_be_sent_there(client: Client) -> None:
    assert client.post("/geography/areas/LB.en.json").status_code == 405
