"""The repository keeps scim2-server's own contract of a storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scim2_server.testing import ScimStorageContract

from console.gateway.scim.storage import RepositoryStorage
from console.repository.store import PeopleStore


class TestRepositoryStorage(ScimStorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[RepositoryStorage]:
        store = PeopleStore.open(tmp_path / "people.sqlite", b"k" * 32)
        yield RepositoryStorage(store)
        store.close()
