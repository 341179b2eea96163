"""Keys that a test may turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.encryption.turning import Keys, own_keys


@pytest.fixture
def sealing_keys() -> Iterator[Keys]:
    """The sealing keys of this process."""
    with own_keys() as (sealing, _index):
        yield sealing


@pytest.fixture
def index_keys() -> Iterator[Keys]:
    """The index keys of this process."""
    with own_keys() as (_sealing, index):
        yield index
