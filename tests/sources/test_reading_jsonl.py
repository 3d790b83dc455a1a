"""JSON Lines: every bad line is named, the good ones go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def read(path: Path) -> tuple[list[SourceRow], list[Problem]]:
    items = list(open_source(str(path)).rows())
    return [i for i in items if isinstance(i, SourceRow)], [i for i in items if isinstance(i, Problem)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(st.dictionaries(TEXT, VALUES, max_size=4), min_size=1, max_size=5),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    ascii_only=st.booleans(),
)
def test_any_objects_read_back_equal(
    tmp_path: Path, people: list[dict[str, object]], encoding: str, ascii_only: bool
) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes("".join(json.dumps(p, ensure_ascii=ascii_only) + "\n" for p in people).encode(encoding))
    rows, problems = read(path)
    assert problems == []
    assert [row.values for row in rows] == people


def test_bad_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    deep = "[" * 5000 + "]" * 5000
    path.write_text(
        '{"mail": "a@x.org"}\n{"mail": \n[1]\n\n{"mail": "n\\u0000l"}\n{"mail": "\\ud800"}\n'
        f'{{"mail": {deep}}}\n'
        '{"mail": "' + "x" * 10_000_000 + '"}\n{"mail": "' + "y" * 1_500_000 + '"}\n{"mail": "z@x.org"}'
    )
    rows, problems = read(path)
    assert [row.line for row in rows] == [1, 10]
    assert [p.line for p in problems] == [2, 3, 5, 6, 7, 8, 9]
    assert all(p.remedy and p.file == str(path) for p in problems)
    assert problems[2].field == "mail"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl").write_bytes(b"")
    with pytest.raises(SourceError, match="is empty"):
        read(tmp_path / "e.jsonl")


@pytest.mark.parametrize(
    "spec",
    [
        "ldaps://cn=admin:hunter2@host/dc=x",
        "postgresql://bob:hunter2@host/db#people",
        "scim+https://host/Users?access_token=hunter2",
        "idm+https://host:80x:hunter2@h/x",
    ],
)
def test_a_password_in_a_url_is_refused_without_repeating_it(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert "hunter2" not in caught.value.message + caught.value.remedy
    assert "credentials set" in caught.value.remedy


@pytest.mark.parametrize("spec", ["", "people", "people.pdf", "ldapx://host/dc=x", "a\0.csv"])
def test_what_cannot_be_read_is_refused_with_a_remedy(spec: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(spec)
    assert caught.value.remedy


def test_relative_sources_are_relative_to_the_base(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("mail\na@x.org\n")
    source = open_source("p.csv", base=tmp_path)
    assert source.test() == ()
    assert source.columns() == ("mail",)
