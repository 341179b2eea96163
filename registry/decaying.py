"""How fast what people told us goes stale, learned from what they answered when asked.

A stay is believed for certain on the day it was confirmed and loses half its weight in a
half-life. Each answer to "are you still there?" says, so many days after the last word, yes or
no; together they say how long half-lives are (registry.models.StayObservation).

* Before any answer the half-lives are guesses, from what registers abroad have seen (France:
  15 of 100 leave in a year), each believed to be right within a factor of two, nine times of ten.
* Answers of a kind of stay move its half-life and narrow the factor: the posterior of a
  log-normal prior, summed over a grid of half-lives.
* A country with answers of its own starts from what all others answered, loosened by how much
  countries differ, and is moved by its own answers.

Who does not answer is taken to be like those who do. That is not so; the factor never falls
below a floor for this reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Count, F

from registry.models import StayKind, StayObservation

# Days; the first guess for each kind of stay.
HALF_LIVES: Mapping[str, int] = {
    StayKind.RESIDENCE: 1500,
    StayKind.WORK: 730,
    StayKind.STUDY: 540,
    StayKind.OTHER: 365,
    StayKind.TRAVEL: 30,
}
# A traveller who named the last day is believed for longer than one who did not.
DATED_TRAVEL_HALF_LIFE = 120
NINE_OF_TEN = 1.645
_PRIOR_SPREAD = math.log(2) / NINE_OF_TEN
_BETWEEN_COUNTRIES = 0.35
# Standard deviation of a log half-life that no number of answers gets below.
_LEAST_SPREAD = 0.03
_WEEK = 7
_GRID = np.linspace(-6.0, 6.0, 481)


@dataclass(frozen=True)
class Decay:
    """How stays of a kind end. half_life in days; right within `factor`, nine times of ten."""

    half_life: float
    factor: float

    @property
    def center(self) -> float:
        """The logarithm of the half-life."""
        return math.log(self.half_life)

    @property
    def spread(self) -> float:
        """The standard deviation of that logarithm."""
        return math.log(self.factor) / NINE_OF_TEN

    def loosened(self, by: float) -> Decay:
        """Return the same half-life, believed less by so much standard deviation."""
        return _decay(self.center, math.hypot(self.spread, by))


@dataclass(frozen=True)
class Answers:
    """So many people answered the same, so many days after their last word."""

    age_days: float
    is_there: bool
    people: int = 1


# (kind, whether the last day was named, country or "" for all) → how such stays end.
Decays = Mapping[tuple[str, bool, str], Decay]


def first_guess(kind: str, *, is_dated: bool) -> Decay:
    """Return what is believed of a kind of stay before anybody was asked."""
    half_life = HALF_LIVES.get(kind, HALF_LIVES[StayKind.OTHER])
    if kind == StayKind.TRAVEL and is_dated:
        half_life = DATED_TRAVEL_HALF_LIFE
    return _decay(math.log(half_life), _PRIOR_SPREAD)


def learned(prior: Decay, answers: Sequence[Answers]) -> Decay:
    """Return what is believed after answers."""
    if not answers:
        return prior
    centers = prior.center + prior.spread * _GRID
    ages = np.array([max(each.age_days, 0.5) for each in answers])
    are_there = np.array([each.is_there for each in answers])
    people = np.array([each.people for each in answers], dtype=float)
    # The logarithm of the chance to be there, for each half-life and each answer.
    stayed = -math.log(2) * ages[None, :] / np.exp(centers)[:, None]
    likelihood = np.where(are_there[None, :], stayed, np.log(-np.expm1(stayed))) @ people
    posterior = np.exp(likelihood - _GRID**2 / 2 - (likelihood - _GRID**2 / 2).max())
    posterior /= posterior.sum()
    center = float(posterior @ centers)
    spread = math.sqrt(float(posterior @ (centers - center) ** 2))
    return _decay(center, max(spread, _LEAST_SPREAD))


def learned_decays() -> dict[tuple[str, bool, str], Decay]:
    """Return what our own questions have taught: one entry per kind, and per country asked."""
    answers: dict[tuple[str, bool], dict[str, list[Answers]]] = {}
    for kind, is_dated, country, week, is_there, people in _answers():
        by_country = answers.setdefault((kind, is_dated), {})
        middle = week * _WEEK + _WEEK / 2
        by_country.setdefault(country, []).append(Answers(middle, is_there, people))
    found = {}
    for kind in StayKind.values:
        for is_dated in (False, True):
            guess = first_guess(kind, is_dated=is_dated)
            by_country = answers.get((kind, is_dated), {})
            found[kind, is_dated, ""] = learned(guess, _joined(by_country.values()))
            for country, own in by_country.items():
                others = [each for other, each in by_country.items() if other != country]
                start = learned(guess, _joined(others)).loosened(_BETWEEN_COUNTRIES)
                found[kind, is_dated, country] = learned(start, own)
    return found


def _joined(lists: Iterable[list[Answers]]) -> list[Answers]:
    return [each for answers in lists for each in answers]


def _answers() -> Iterable[tuple[str, bool, str, int, bool, int]]:
    return (
        StayObservation.objects.annotate(week=F("age_days") / _WEEK)
        .values_list("kind", "is_dated", "country_id", "week", "is_there")
        .annotate(people=Count("pk"))
        .order_by()
    )


def _decay(center: float, spread: float) -> Decay:
    return Decay(math.exp(center), math.exp(NINE_OF_TEN * spread))
