"""A certificate's fingerprint in a profile: written in many ways, kept in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.settings.errors import SettingsError
from console.settings.paths import Paths
from console.settings.profile import Profile
from console.settings.profiles import Profiles, assign
from tests.support.certificates import pairs

EMPTY = Profile(name="test")


@given(
    certificate=st.binary(max_size=20),
    separator=st.sampled_from(["", ":", " "]),
    lower=st.booleans(),
    before=st.sampled_from(["", "SHA256:", "sha256 Fingerprint=", "SHA-256: "]),
)
def test_every_way_to_write_a_fingerprint_means_the_same(
    certificate: bytes, separator: str, lower: bool, before: str
) -> None:
    wanted = pairs(certificate)
    written = wanted.replace(":", separator)
    given_text = before + (written.lower() if lower else written)
    assert assign(EMPTY, {"certificateFingerprint": given_text}).certificate_fingerprint == wanted


@pytest.mark.parametrize("text", ["all", "ab" * 31, "ab" * 33, "AB::" * 32, "zz" * 32, "SHA1:" + "ab" * 20, 7])
def test_what_is_none_is_refused(text: object) -> None:
    with pytest.raises(SettingsError, match="certificateFingerprint") as caught:
        assign(EMPTY, {"certificateFingerprint": text})
    assert caught.value.remedy


def test_it_is_kept_and_can_be_dropped(tmp_path: Path) -> None:
    profiles = Profiles(Paths(tmp_path / "config", tmp_path / "state"))
    pinned = assign(EMPTY, {"certificateFingerprint": "ab" * 32, "acceptSelfSignedCertificates": "true"})
    profiles.save(pinned)
    assert profiles.load("test") == pinned
    profiles.save(assign(pinned, {"certificateFingerprint": ""}))
    assert profiles.load("test").certificate_fingerprint == ""
