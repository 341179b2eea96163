"""Invented people live where a drawn area finds them, some to the metre and some by their town."""

from __future__ import annotations

import pytest

from demo.people import load_people
from encryption.sealed_models import share_key_page
from geography.positions import ExactPosition
from geography.shapes import Circle
from registry.finding.points_engine import Part, part_of
from registry.models import Stay
from tests.people import load_posts

pytestmark = pytest.mark.django_db

PEOPLE = 300
HAMRA = 35.4797, 33.8959


def test_a_circle_reaches_some_of_them_surely_and_some_perhaps() -> None:
    load_posts()
    assert load_people(PEOPLE) == PEOPLE
    stays = list(Stay.objects.filter(country="LB"))
    share_key_page(stays)
    where = [ExactPosition.from_data(stay.position) for stay in stays if stay.position]
    parts = [part_of(Circle(*HAMRA, 4), each) for each in where]
    assert {Part.INSIDE, Part.MAYBE, Part.OUTSIDE} == set(parts)
    assert len({(each.longitude, each.latitude) for each in where}) > len(where) / 3
