"""Who is in a shape, by tokens of map cells: exact, of two resolutions, and gone after a crash."""

from __future__ import annotations

import datetime
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from benchmarks.finding.geometry import Population, id_of
from encryption.models import KeySpace
from encryption.person_keys import create_keys
from encryption.sealed_models import KeyPage
from geography.models import Post
from geography.positions import ExactPosition
from geography.regions import region
from geography.shapes import Circle
from registry.finding.engine import FinderUnavailable
from registry.finding.points_cells import LARGE, REACHES, CellPoints, cover, fill_cells
from registry.finding.points_engine import Part, part_of
from registry.models import CellsComplete, Registrant, Stay, StayCell, StayKind
from tests.people import load_posts, register
from tests.registry.finding.drawing import polygons, truth

pytestmark = pytest.mark.django_db

PEOPLE = 20_000


def store(population: Population, metres: int = 50) -> None:
    """Write a person and a stay with a sealed position for each."""
    load_posts()
    post = Post.objects.get(code="beirut")
    ids = [id_of(number) for number in range(len(population))]
    page = KeyPage(ids)
    for person_id, key in create_keys(ids).items():
        page.add(person_id, KeySpace.IDENTITY, key)
    people, stays = [], []
    for number, person_id in enumerate(ids):
        person = Registrant(id=person_id, language="en")
        stay = Stay(
            id=person_id,
            registrant=person,
            kind=StayKind.RESIDENCE,
            country_id="LB",
            post=post,
            from_on=datetime.date(2026, 1, 1),
            last_confirmed_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        )
        for row in (person, stay):
            row.use_key_page(page)
        stay.position = ExactPosition(
            float(population.latitudes[number]), float(population.longitudes[number]), metres
        ).as_data()
        people.append(person)
        stays.append(stay)
    Registrant.objects.bulk_create(people, batch_size=2000)
    Stay.objects.bulk_create(stays, batch_size=2000)


def test_cells_find_exactly_who_is_in_a_shape() -> None:
    population = Population.of(PEOPLE, 7)
    store(population)
    assert list(fill_cells())[-1] == PEOPLE
    engine = CellPoints()
    assert engine.known_until() > 0
    found_any = 0
    for shape in polygons(per_radius=3):
        wanted = truth(shape, population)
        assert {one.stay_id for one in engine.stays_in(shape)} == wanted
        found_any += len(wanted)
    assert found_any > 500


@pytest.mark.parametrize("metres", [4_000, 20_000])
def test_towns_count_as_far_as_they_reach(metres: int) -> None:
    chance = np.random.default_rng(5)
    population = Population(chance.uniform(34, 37, 800), chance.uniform(33, 35, 800))
    store(population, metres)
    for _ in fill_cells():
        pass
    for shape in (Circle(35.5, 33.9, 30), Circle(35.5, 33.9, 3)):
        expected = {
            id_of(number): part
            for number in range(len(population))
            if (
                part := part_of(
                    shape,
                    ExactPosition(
                        float(population.latitudes[number]),
                        float(population.longitudes[number]),
                        metres,
                    ),
                )
            )
            != Part.OUTSIDE
        }
        found = {one.stay_id: one.part for one in CellPoints().stays_in(shape)}
        assert found == expected
        assert Part.MAYBE in found.values()


@pytest.mark.parametrize("reach", range(len(REACHES)))
def test_a_cover_holds_the_whole_shape(reach: int) -> None:
    chance = np.random.default_rng(2)
    for shape in polygons(per_radius=1):
        covered = cover(shape, reach)
        cells = {*covered.inside, *covered.border}
        west, south, east, north = region(shape).boxes[0]
        points = chance.uniform((west, south), (east, north), (500, 2))
        for longitude, latitude in points[region(shape).holds(points[:, 0], points[:, 1])]:
            assert h3.latlng_to_cell(latitude, longitude, covered.resolution) in cells
        corners = np.array(
            [corner for cell in covered.inside[:50] for corner in h3.cell_to_boundary(cell)]
        ).reshape(-1, 2)
        assert region(shape).holds(corners[:, 1], corners[:, 0]).all()


def test_only_two_resolutions_stand_in_the_database() -> None:
    tokens = [field.name for field in StayCell._meta.fields if field.name.endswith("token")]
    assert len(tokens) == 2


def test_tokens_are_in_no_log_and_no_backup() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r' "
            "AND relname IN ('registry_staycell', 'registry_cellscomplete')"
        )
        assert len(cursor.fetchall()) == 2


def test_nothing_is_answered_from_tokens_that_may_be_missing() -> None:
    with pytest.raises(FinderUnavailable):
        CellPoints().known_until()
    call_command("fill_cells", verbosity=0)
    CellPoints().known_until()
    # A crash empties both tables at once.
    StayCell.objects.all().delete()
    CellsComplete.objects.all().delete()
    with pytest.raises(FinderUnavailable):
        CellPoints().known_until()


def test_who_registers_while_tokens_are_not_in_use_makes_them_incomplete(settings: Any) -> None:
    settings.PLACE_SEARCH = "cells"
    call_command("fill_cells", verbosity=0)
    settings.PLACE_SEARCH = "finder"
    register(place="")
    CellPoints().known_until()
    register(place="33.8938, 35.5018")
    settings.PLACE_SEARCH = "cells"
    with pytest.raises(FinderUnavailable):
        CellPoints().known_until()


def test_a_registration_writes_its_tokens_with_the_stay(settings: Any) -> None:
    settings.PLACE_SEARCH = "cells"
    call_command("fill_cells", verbosity=0)
    person = register(place="33.8938, 35.5018")
    register(place="")
    stay = Stay.objects.get(registrant=person)
    [cell] = StayCell.objects.all()
    assert (cell.stay_id, cell.reach) == (stay.pk, 0)
    [found] = CellPoints().stays_in(Circle(35.5018, 33.8938, 1))
    assert (found.stay_id, found.part) == (stay.pk, Part.INSIDE)
    person.delete()
    assert not StayCell.objects.exists()


def test_an_unreadable_position_is_told_for_every_shape() -> None:
    stay = Stay.objects.get(registrant=register(place="33.8938, 35.5018"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registry_stay SET position = position || '\\x00'::bytea")
    for _ in fill_cells():
        pass
    [found] = CellPoints().stays_in(Circle(0, 0, 1))
    assert (found.stay_id, found.part) == (stay.pk, Part.UNREADABLE)
    assert LARGE == 5
