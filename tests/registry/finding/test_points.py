"""Who is in a shape, from memory: against plain geometry, through changes, page by page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.finding.geometry import Population, id_of
from geography.drawing import shape_from_data
from geography.positions import ExactPosition
from geography.shapes import Circle
from registry.finding.engine import FinderUnavailable
from registry.finding.points import PlacedStay, PointIndex
from registry.finding.points_answering import PAGE, PointAnswers
from registry.finding.points_asking import FinderPoints
from registry.finding.points_engine import Part, part_of
from tests.registry.finding.drawing import polygons, truth

PEOPLE = 20_000


@pytest.fixture(scope="module")
def population(django_db_setup: None) -> Population:
    return Population.of(PEOPLE, 7)


def index_of(population: Population) -> PointIndex:
    index = PointIndex()
    index.load_later()
    for number in range(len(population)):
        position = ExactPosition(
            float(population.latitudes[number]), float(population.longitudes[number]), 50
        )
        index.put(id_of(number), [PlacedStay(id_of(number), position)])
    index.settle()
    return index


def test_the_index_finds_exactly_who_is_in_a_shape(population: Population) -> None:
    index = index_of(population)
    found_any = 0
    for shape in polygons():
        wanted = truth(shape, population)
        stays = index.stays_in(shape)
        assert {one.stay_id for one in stays} == wanted
        assert set(index.people_in(shape)) == wanted
        found_any += len(wanted)
    assert found_any > 500


def test_a_person_moves_and_leaves(population: Population) -> None:
    index = index_of(population)
    beirut, paris = Circle(35.5, 33.89, 5), Circle(2.35, 48.86, 5)
    person, other = UUID(int=1 << 100), UUID(int=1 << 101)
    here = PlacedStay(UUID(int=7), ExactPosition(33.89, 35.5, 50))
    there = PlacedStay(UUID(int=8), ExactPosition(48.86, 2.35, 50))

    def found(shape: Circle) -> set[UUID]:
        return {one.stay_id for one in index.stays_in(shape)} & {UUID(int=7), UUID(int=8)}

    index.put(person, [here])
    assert found(beirut) == {here.stay_id}
    index.put(person, [here, there])
    assert (found(beirut), found(paris)) == ({here.stay_id}, {there.stay_id})
    index.put(person, [there])
    assert (found(beirut), found(paris)) == (set(), {there.stay_id})
    index.put(other, [here])
    index.settle()
    assert found(beirut) == {here.stay_id}
    assert index.remove(other)
    assert not index.remove(other)
    assert found(beirut) == set()
    back = PointIndex.restored(index.parts())
    assert {one.stay_id for one in back.stays_in(paris)} == {
        one.stay_id for one in index.stays_in(paris)
    }
    assert len(back) == len(index) == PEOPLE + 1


def test_many_changes_leave_the_index_as_if_it_had_been_filled_anew() -> None:
    chance = np.random.default_rng(3)
    index = PointIndex()
    where: dict[UUID, ExactPosition] = {}
    for _ in range(20_000):
        person = id_of(int(chance.integers(1, 2000)))
        if chance.random() < 0.2:
            index.remove(person)
            where.pop(person, None)
            continue
        where[person] = ExactPosition(
            float(chance.uniform(-5, 5)), float(chance.uniform(-5, 5)), 50
        )
        index.put(person, [PlacedStay(person, where[person])])
    circle = Circle(0, 0, 300)
    assert {one.stay_id for one in index.stays_in(circle)} == {
        person for person, one in where.items() if part_of(circle, one) == Part.INSIDE
    }


@given(
    metres=st.integers(50, 25_000),
    north=st.floats(-0.6, 0.6),
    east=st.floats(-0.6, 0.6),
)
def test_a_town_counts_as_far_as_it_reaches(metres: int, north: float, east: float) -> None:
    index = PointIndex()
    position = ExactPosition(33.9 + north, 35.5 + east, metres)
    index.put(UUID(int=1), [PlacedStay(UUID(int=2), position)])
    circle = Circle(35.5, 33.9, 20)
    wanted = part_of(circle, position)
    found = [one.part for one in index.stays_in(circle)]
    assert found == ([] if wanted == Part.OUTSIDE else [wanted])


def test_a_position_that_cannot_be_read_is_told_for_every_shape() -> None:
    index = PointIndex()
    index.put(UUID(int=1), [PlacedStay(UUID(int=2), None)])
    for settled in (False, True):
        if settled:
            index.settle()
        [one] = index.stays_in(Circle(0, 0, 5))
        assert (one.stay_id, one.part) == (UUID(int=2), Part.UNREADABLE)


class Twins:
    """Groups of finders that answer from indexes, page by page, as their processes do."""

    def __init__(self, *indexes: PointIndex) -> None:
        self.groups = [(index, PointAnswers()) for index in indexes]
        self.asked = 0

    def answers(self, message: Any, post_ids: Sequence[int] | None) -> list[dict[str, Any]]:
        assert post_ids is None
        self.asked += 1
        told = [answers.page(index, 5, message) for index, answers in self.groups]
        answered: list[dict[str, Any]] = json.loads(json.dumps(told))
        return answered

    def followed_until(self) -> int:
        return 5


def test_a_large_answer_comes_in_pages_and_from_several_groups(population: Population) -> None:
    whole, first, second = index_of(population), PointIndex(), PointIndex()
    for number in range(len(population)):
        position = ExactPosition(
            float(population.latitudes[number]), float(population.longitudes[number]), 50
        )
        group = first if number % 10 else second
        group.put(id_of(number), [PlacedStay(id_of(number), position)])
    ring = [[-179, -80], [0, -80], [179, -80], [179, 80], [0, 80], [-179, 80], [-179, -80]]
    world = shape_from_data({"type": "Polygon", "coordinates": [ring]})
    wanted = truth(world, population)
    assert len(wanted) > 2 * PAGE
    for finders in (Twins(whole), Twins(first, second)):
        engine = FinderPoints(finders)
        assert engine.known_until() == 5
        found = [one.stay_id for one in engine.stays_in(world)]
        assert len(found) == len(set(found))
        assert set(found) == wanted
        assert finders.asked > 1


def test_a_finder_that_knows_less_than_was_promised_is_not_believed(
    population: Population,
) -> None:
    class Behind(Twins):
        def followed_until(self) -> int:
            return 6

    engine = FinderPoints(Behind(index_of(population)))
    engine.known_until()
    with pytest.raises(FinderUnavailable):
        list(engine.stays_in(Circle(0, 0, 5)))


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"shape": {"type": "Circle"}, "after": ""},
        {"shape": Circle(0, 0, 5).as_data(), "after": "zz"},
        {"shape": Circle(0, 0, 5).as_data(), "after": "00"},
    ],
)
def test_a_question_that_is_none_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PointAnswers().page(PointIndex(), 1, message)
