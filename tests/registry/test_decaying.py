"""How fast stays go stale: what answers teach, and whether the range made of it holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from notifications.estimating import Weights, estimate_of
from registry.decaying import (
    HALF_LIVES,
    NINE_OF_TEN,
    Answers,
    Decay,
    first_guess,
    learned,
    learned_decays,
)
from registry.models import StayKind, StayObservation

KINDS = (StayKind.RESIDENCE, StayKind.WORK, StayKind.STUDY, StayKind.TRAVEL)
POPULATIONS = 200


def answers_of(rng: np.random.Generator, half_life: float, people: int) -> list[Answers]:
    """Return what people answer who leave with a half-life and are asked at any age."""
    ages = rng.uniform(1, 2 * half_life, people)
    stayed = rng.random(people) < 0.5 ** (ages / half_life)
    return [Answers(float(age), bool(each)) for age, each in zip(ages, stayed, strict=True)]


def weights_of(decay: Decay, ages: np.ndarray) -> Weights:
    """Return what the count's SQL sums, for people who all named the place itself."""
    weights = 0.5 ** (ages / decay.half_life)
    low, high = weights**decay.factor, weights ** (1 / decay.factor)
    whole, variance = float(weights.sum()), float((weights * (1 - weights)).sum())
    return Weights(
        len(ages), whole, float(low.sum()), variance, whole, whole, float(high.sum()), variance
    )


def holds_the_truth(rng: np.random.Generator, *, people_asked: int) -> tuple[bool, float]:
    """Make one population whose churn is known; whether the range holds who is really there.

    Returns the width of the range as a share of the population as well.
    """
    groups, truth = [], 0
    for kind in KINDS:
        guess = first_guess(kind, is_dated=False)
        half_life = float(np.exp(rng.normal(guess.center, guess.spread)))
        decay = learned(guess, answers_of(rng, half_life, people_asked))
        ages = rng.uniform(0, 1.5 * half_life, int(rng.integers(20, 400)))
        truth += int((rng.random(len(ages)) < 0.5 ** (ages / half_life)).sum())
        groups.append(weights_of(decay, ages))
    found = estimate_of(groups)
    everybody = sum(group.people for group in groups)
    return found.low <= truth <= found.high, (found.high - found.low) / everybody


@pytest.mark.parametrize("people_asked", [0, 30, 300])
def test_the_range_holds_the_truth_nine_times_of_ten(people_asked: int) -> None:
    rng = np.random.default_rng(20_260_000 + people_asked)
    held = [holds_the_truth(rng, people_asked=people_asked)[0] for _ in range(POPULATIONS)]
    assert 0.85 <= sum(held) / POPULATIONS <= 0.95


def test_answers_narrow_the_range() -> None:
    widths = [
        np.mean(
            [
                holds_the_truth(np.random.default_rng(seed), people_asked=asked)[1]
                for seed in range(20)
            ]
        )
        for asked in (0, 30, 300)
    ]
    assert widths[0] > widths[1] > widths[2]


def test_nobody_asked_leaves_the_first_guess() -> None:
    guess = first_guess(StayKind.WORK, is_dated=False)
    assert guess.half_life == pytest.approx(HALF_LIVES[StayKind.WORK])
    assert guess.factor == pytest.approx(2)
    assert learned(guess, []) == guess
    assert guess.spread * NINE_OF_TEN == pytest.approx(np.log(2))


def test_many_answers_find_the_half_life() -> None:
    rng = np.random.default_rng(7)
    found = learned(first_guess(StayKind.RESIDENCE, is_dated=False), answers_of(rng, 700, 4000))
    assert found.half_life == pytest.approx(700, rel=0.08)
    assert 1 < found.factor < 1.15


def test_a_no_on_the_first_day_is_no_error() -> None:
    found = learned(first_guess(StayKind.TRAVEL, is_dated=False), [Answers(0, is_there=False)])
    assert 0 < found.half_life < HALF_LIVES[StayKind.TRAVEL]


@pytest.mark.django_db
def test_a_country_is_moved_by_its_own_answers_and_begins_with_those_of_others() -> None:
    rng = np.random.default_rng(11)

    def answer(country: str, half_life: float, people: int) -> None:
        StayObservation.objects.bulk_create(
            StayObservation(
                kind=StayKind.WORK,
                is_dated=False,
                country_id=country,
                age_days=int(each.age_days),
                is_there=each.is_there,
                on="2026-11-01",
            )
            for each in answers_of(rng, half_life, people)
        )

    answer("LB", 250, 300)
    answer("FR", 800, 300)
    answer("TR", 800, 3)
    found = learned_decays()
    work = {country: found[StayKind.WORK, False, country] for country in ("", "LB", "FR", "TR")}
    assert work["LB"].half_life < work[""].half_life < work["FR"].half_life
    assert work["LB"].half_life == pytest.approx(250, rel=0.25)
    # Three answers say little: the country stays near all others.
    assert work["TR"].factor > work["FR"].factor
    assert found[StayKind.STUDY, False, ""] == first_guess(StayKind.STUDY, is_dated=False)
