"""Seals and digests: what goes in comes out, and only there."""

from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.errors import JournalLocked
from console.journal.seal import DIGEST_BYTES, Digester, Master
from console.settings.sealing import Mac, Seal, Unreadable

KEYS = st.binary(min_size=32, max_size=32)


@given(KEYS, st.binary(max_size=300), st.binary(max_size=40))
def test_what_is_sealed_opens_at_its_place_only(key: bytes, plain: bytes, place: bytes) -> None:
    seal = Seal(key)
    blob = seal.seal(plain, place)
    assert seal.open(blob, place) == plain
    assert len(plain) < 8 or plain not in blob
    with pytest.raises(Unreadable):
        seal.open(blob, place + b"x")
    with pytest.raises(Unreadable):
        Seal(bytes(32 * [key[0] ^ 1])).open(blob, place)


@given(KEYS, st.binary(min_size=1, max_size=80), st.integers(0, 10_000))
def test_a_changed_blob_does_not_open(key: bytes, plain: bytes, position: int) -> None:
    seal = Seal(key)
    blob = bytearray(seal.seal(plain, b"here"))
    blob[1 + position % (len(blob) - 1)] ^= 0x40
    with pytest.raises(Unreadable):
        seal.open(bytes(blob), b"here")


def test_no_nonce_comes_twice() -> None:
    seal = Seal(bytes(32))
    blobs = {seal.seal(b"the same", b"the same place") for _ in range(2_000)}
    assert len({blob[1:13] for blob in blobs}) == 2_000


@given(st.binary(max_size=100))
def test_without_a_key_it_is_plain_and_says_so(plain: bytes) -> None:
    seal = Seal(None)
    assert not seal.sealed
    assert Seal(bytes(32)).open(seal.seal(plain, b"a"), b"b") == plain


@given(KEYS, KEYS)
def test_wrapped_keys_come_back_with_the_same_master_only(master: bytes, key: bytes) -> None:
    wrapped = Master(master).wrap(key, "p-1")
    assert key not in wrapped
    assert Master(master).unwrap(wrapped, "p-1") == key
    for other in (Master(None), Master(bytes(31) + b"\x07" if master[-1] != 7 else bytes(32))):
        with pytest.raises(JournalLocked) as refused:
            other.unwrap(wrapped, "p-1")
        assert "vault" in refused.value.remedy


@given(st.text(max_size=60), st.text(max_size=60))
def test_digests_tell_values_apart_and_hide_them(one: str, other: str) -> None:
    digester = Digester(bytes(32), 1, "people", "contact")
    assert len(digester.source(one)) == DIGEST_BYTES
    assert (digester.source(one) == digester.source(other)) == (one == other)
    assert digester.source(one) != digester.correlation(one)


def test_correlation_ignores_case_and_blanks() -> None:
    digester = Digester(bytes(32), 1, "people", "contact")
    assert digester.correlation(" Ann@Example.COM ") == digester.correlation("ann@example.com")


@pytest.mark.parametrize(
    ("portal", "mapping", "kind"), [(2, "people", "contact"), (1, "others", "contact"), (1, "people", "company")]
)
def test_digests_differ_between_portals_mappings_and_classes(portal: int, mapping: str, kind: str) -> None:
    here = Digester(bytes(32), 1, "people", "contact")
    assert here.source("E1") != Digester(bytes(32), portal, mapping, kind).source("E1")


@given(st.binary(min_size=1, max_size=100), st.lists(st.binary(max_size=200), max_size=4))
def test_one_mac_for_many_texts_is_the_standard_one(key: bytes, texts: list[bytes]) -> None:
    mac = Mac(key)
    assert [mac.digest(text) for text in texts] == [hmac.digest(key, text, "sha256") for text in texts]
