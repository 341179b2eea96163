"""A stay belongs to the post of its district, also when districts change."""

from __future__ import annotations

import pytest

from geography.models import District, Post
from registry.models import Stay
from registry.redistricting import follow_districts
from tests.people import register

pytestmark = pytest.mark.django_db


def test_open_stays_follow_and_ended_ones_stay_where_they_were() -> None:
    here, gone = register(), register()
    Stay.objects.filter(registrant=gone).update(ended_at="2026-01-01T00:00Z")
    beirut, amman = Post.objects.get(code="beirut"), Post.objects.get(code="amman")
    assert Stay.objects.get(registrant=here).post == beirut
    District.objects.filter(post=beirut, country_id="LB").update(post=amman)
    assert follow_districts() == 1
    assert Stay.objects.get(registrant=here).post == amman
    assert Stay.objects.get(registrant=gone).post == beirut
    assert follow_districts() == 0
