"""Home's first paint: right, quick, light, and never stopped by a broken file."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from console.glance import cached_account, home_glance, remember_account
from console.hubspot.model import AccountDetails
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles


def folders(tmp_path: Path) -> Paths:
    return Paths.resolve(str(tmp_path / "config"), str(tmp_path / "state"))


def test_nothing_there_is_said_as_such(tmp_path: Path) -> None:
    glance = home_glance(folders(tmp_path))
    assert glance.profile is None
    assert glance.runs == ()
    assert "guided setup" in glance.attention[0]
    assert list(tmp_path.iterdir()) == []  # looking makes nothing


def test_profile_and_account_are_shown(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    profile = Profile(name="acme", authentication="token")
    Profiles(paths).save(profile)
    remember_account(paths, profile, AccountDetails(portal_id=62515, account_type="STANDARD", portal_name="Acme"))
    glance = home_glance(paths)
    assert glance.profile == profile
    assert glance.account is not None
    assert (glance.account.portal_id, glance.account.portal_name) == (62515, "Acme")
    assert glance.account.is_production


def test_an_account_is_not_shown_for_another_api(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    profile = Profile(name="acme")
    remember_account(paths, profile, AccountDetails(portal_id=1))
    assert cached_account(paths, profile) is not None
    elsewhere = Profile(name="acme", api_base_url="http://127.0.0.1:8123")
    assert cached_account(paths, elsewhere) is None


def test_broken_files_become_sentences(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    Profiles(paths).save(Profile(name="acme"))
    (paths.profiles / "acme.toml").write_text('clientID = "x"\n')
    paths.state.mkdir()
    paths.journal.write_bytes(b"no database" * 100)
    (paths.state / "accounts.json").write_text("{")
    glance = home_glance(paths)
    assert glance.profile is None
    assert "clientID" in glance.attention[0]
    assert "clientId" in glance.attention[0]
    assert glance.runs == ()


def test_what_is_unsafe_needs_attention(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    Profiles(paths).save(
        Profile(name="acme", accept_self_signed_certificates=True, disable_host_name_verifier=True, enabled=False)
    )
    told = " ".join(home_glance(paths).attention)
    assert "acceptSelfSignedCertificates is on" in told
    assert "disableHostNameVerifier is on" in told
    assert "switched off: nothing will be written" in told


def test_the_account_file_is_not_rewritten_for_nothing(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    profile = Profile(name="acme")
    remember_account(paths, profile, AccountDetails(portal_id=1))
    written = (paths.state / "accounts.json").stat().st_mtime_ns
    remember_account(paths, profile, AccountDetails(portal_id=1))
    assert (paths.state / "accounts.json").stat().st_mtime_ns == written


def test_a_glance_is_quick_once_imported(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    Profiles(paths).save(Profile(name="acme"))
    home_glance(paths)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        home_glance(paths)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.02


def test_a_glance_starts_no_event_loop_and_no_library(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom console.glance import home_glance\nfrom console.settings.paths import Paths\n"
        f"home_glance(Paths.resolve({str(tmp_path / 'c')!r}, {str(tmp_path / 's')!r}))\n"
        "heavy = {'asyncio', 'httpx', 'sqlalchemy', 'keyring', 'cryptography', 'textual'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
