"""The keyring library's own tests, run on the sealed vault file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from secrets import token_hex

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from keyring.testing.backend import BackendBasicTests

from console.settings.sealed_backend import sealed_keyring
from console.settings.sealed_file import SealedFile


class TestSealedKeyring(BackendBasicTests):
    """What keyring asks of every backend."""

    folder: Path

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _folder(cls, tmp_path_factory: pytest.TempPathFactory) -> None:
        cls.folder = tmp_path_factory.mktemp("vaults")

    def init_keyring(self) -> KeyringBackend:
        self.file = SealedFile(self.folder / token_hex(8) / "vault.sealed", cost=2**14)
        self.file.unlock("correct horse")
        return sealed_keyring(self.file)

    def test_it_says_locked_as_keyring_does(self) -> None:
        self.file.lock()
        with pytest.raises(KeyringLocked):
            self.keyring.get_password("service", "user")
        self.file.unlock("correct horse")


CHOOSE = """
import sys
from pathlib import Path
from console.settings.sealed_backend import sealed_keyring
from console.settings.sealed_file import SealedFile
backend = sealed_keyring(SealedFile(Path(sys.argv[1])))
from keyring.backend import get_all_keyring
print(any(type(found) is type(backend) for found in get_all_keyring()))
"""


def test_keyring_never_chooses_it_by_itself(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHOOSE, str(tmp_path / "v")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
