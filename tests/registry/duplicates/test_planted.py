"""Of four hundred planted duplicates most are proposed, and next to nobody else."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from audit.models import AuditEvent
from registry.finding.choosing import finder
from registry.finding.duplicates.proposing import BATCH
from registry.finding.duplicates.searching import search_for_duplicates
from registry.finding.process import Finder
from registry.models import DuplicateProposal, DuplicateSearch, Registrant
from tests.people import load_posts
from tests.registry.duplicates.population import Population, population, write

pytestmark = pytest.mark.django_db(transaction=True)

LEAST_PRECISION, LEAST_RECALL = 0.97, 0.85


@pytest.fixture
def running(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """A real finder that follows the register closely."""
    load_posts()
    settings.FINDER_SOCKET = str(tmp_path / "finder")
    process = Finder(settings.FINDER_SOCKET, every=0.1)
    thread = threading.Thread(target=process.run)
    thread.start()
    yield
    finder().close()
    process.stop()
    thread.join()


def search_until_done(count: int) -> list[int]:
    """Search until as many people were compared; return the queries of each round."""
    queries = []
    deadline = time.monotonic() + 240
    compared = 0
    while compared < count:
        assert time.monotonic() < deadline, "the finder did not follow"
        with CaptureQueriesContext(connection) as captured:
            search_for_duplicates()
        queries.append(len(captured))
        position = DuplicateSearch.objects.get()
        compared = Registrant.objects.filter(changed_in__lt=position.changed_in).count()
        compared += Registrant.objects.filter(
            changed_in=position.changed_in, pk__lte=position.person_id
        ).count()
        time.sleep(0.1)
    return queries


def figures(planted: Population) -> tuple[float, float, set[tuple[UUID, UUID]]]:
    """Return precision, recall, and the pairs proposed in error."""
    proposed = set(DuplicateProposal.objects.values_list("first_id", "second_id"))
    right = proposed & planted.pairs
    return len(right) / len(proposed), len(right) / len(planted.pairs), proposed - planted.pairs


@pytest.mark.usefixtures("running")
def test_an_import_of_planted_duplicates_is_seen_through(
    capsys: pytest.CaptureFixture[str],
) -> None:
    planted = population(2000, 400, seed=31)
    write(planted.entries)
    queries = search_until_done(len(planted.entries))
    precision, recall, _wrong = figures(planted)
    with capsys.disabled():
        sys.stdout.write(f"\nduplicates: precision {precision:.3f}, recall {recall:.3f}\n")
    assert precision >= LEAST_PRECISION
    assert recall >= LEAST_RECALL
    # A fixed number for each batch, whoever is in it.
    assert sum(queries) < 40 * (len(planted.entries) / BATCH + len(queries))
    events = AuditEvent.objects.filter(act="registry.duplicates-proposed")
    assert sum(event.detail["pairs"] for event in events) == DuplicateProposal.objects.count()
