"""Any entry that a directory exports reads back equal; every bad one is named and the good ones go on."""

from __future__ import annotations

import base64
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.journal.model import Problem
from console.sources.errors import SourceChanged, SourceError
from console.sources.model import SourceRow
from console.sources.opening import open_source

NAMES = st.sampled_from(["cn", "sn", "mail", "givenName", "telephoneNumber", "cn;lang-fr", "2.5.4.10"])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "people.ldif"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path: Path, **types: str) -> tuple[list[SourceRow], list[Problem]]:
    found = list(open_source(str(path), types=types).rows())
    rows = [row for row in found if isinstance(row, SourceRow)]
    return rows, [row for row in found if isinstance(row, Problem)]


def line(name: str, value: str) -> str:
    """One attribute as RFC 2849 writes it: safe text as it is, anything else in base64."""
    safe = value.isascii() and value.isprintable() and value[0] not in " :<" and value[-1] != " "
    return f"{name}: {value}" if safe else f"{name}:: {base64.b64encode(value.encode()).decode()}"


def folded(text: str, width: int, ending: str) -> str:
    parts = [text[:width], *[" " + text[at : at + width - 1] for at in range(width, len(text), width - 1)]]
    return ending.join(parts)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(st.lists(st.tuples(NAMES, TEXT), max_size=6), min_size=1, max_size=5),
    width=st.integers(9, 78),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_any_entry_reads_back_equal(
    tmp_path: Path, entries: list[list[tuple[str, str]]], width: int, ending: str
) -> None:
    blocks = []
    for number, pairs in enumerate(entries):
        lines = [("dn", f"uid={number},dc=example"), *pairs]
        blocks.append(ending.join(folded(line(*pair), width, ending) for pair in lines))
    path = write(tmp_path, ("version: 1" + ending * 2 + (ending * 2).join(blocks) + ending).encode())
    rows, problems = read(path)
    assert problems == []
    wanted = []
    for number, pairs in enumerate(entries):
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        single = {name: found[0] if len(found) == 1 else found for name, found in values.items()}
        wanted.append({"dn": f"uid={number},dc=example"} | single)
    assert [row.values for row in rows] == wanted


def test_comments_folds_and_options_are_understood(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "version: 1\n# a comment\n that goes on\n\ndn: uid=ann,dc=example\nobjectClass: person\ncn: Ann\ncn;lang-de: Änne\n"
        "description: one line\n  and more\nMAIL: a@example.org\n\n\ndn: uid=bob,dc=example\nmail: b@example.org\n"
        "mail: bob@example.org\n# the end",
    )
    rows, problems = read(path)
    assert problems == []
    assert [row.line for row in rows] == [5, 14]
    assert rows[0].values == {
        "dn": "uid=ann,dc=example",
        "objectClass": "person",
        "cn": "Ann",
        "cn;lang-de": "Änne",
        "description": "one line and more",
        "MAIL": "a@example.org",
    }
    assert rows[1].values["MAIL"] == ["b@example.org", "bob@example.org"]  # one spelling for the whole file


def test_types_make_lists_and_truth(tmp_path: Path) -> None:
    path = write(tmp_path, "dn: uid=ann\nmail: a;b@example.org\nactive: TRUE\n")
    assert read(path, mail="list", active="bool")[0][0].values == {
        "dn": "uid=ann",
        "mail": ["a;b@example.org"],
        "active": True,
    }


def test_binary_values_are_named_and_not_read(tmp_path: Path) -> None:
    photo = base64.b64encode(b"\xff\xd8\xff\xe0 not text").decode()
    path = write(
        tmp_path,
        f"dn: uid=ann\nuserPassword: {{SSHA}}x\nuserPassword;x-old:: eA==\njpegPhoto:: {photo}\nuserCertificate;binary:: {photo}\nsn: Lee\n",
    )
    source = open_source(str(path))
    assert [row.values for row in source.rows() if isinstance(row, SourceRow)] == [{"dn": "uid=ann", "sn": "Lee"}]
    assert source.notes == ("Binary values are not read: jpegPhoto, userCertificate;binary.",)


@pytest.mark.parametrize(
    ("bad", "at", "field", "words"),
    [
        ("dn: uid=x\nchangetype: delete", 5, "changetype", "deletion of uid=x"),
        ("dn: uid=x\nchangetype: modify\nreplace: sn\nsn: Lee\n-", 5, "changetype", "list of changes"),
        ("dn: uid=x\nchangetype: modrdn\nnewrdn: uid=y", 5, "changetype", "renaming"),
        ("dn: uid=x\nphoto:< file:///etc/passwd", 5, "photo", "address"),
        ("dn: uid=x\nsn:: !!!", 5, "sn", "base64"),
        ("dn: uid=x\nno colon here", 5, "", "no attribute"),
        ("sn: Lee", 4, "sn", "does not begin with its dn"),
        (" folded: onto nothing", 4, "", "nothing that it continues"),
        ("dn:", 4, "dn", "empty"),
        ("version: 2\ndn: uid=x", 4, "", "version 2"),
        ("dn: uid=x\nsn: a\0b", 5, "sn", "NUL"),
        ("# numbers\nsearch: 2\nresult: 4 Size limit exceeded", 6, "result", "people may be missing"),
    ],
)
def test_a_bad_entry_is_named_and_the_others_go_on(tmp_path: Path, bad: str, at: int, field: str, words: str) -> None:
    path = write(tmp_path, f"dn: uid=one\nsn: One\n\n{bad}\n\ndn: uid=two\nsn: Two\n")
    rows, problems = read(path)
    assert [row.values["dn"] for row in rows] == ["uid=one", "uid=two"]
    assert [(problem.line, problem.field) for problem in problems] == [(at, field)]
    assert words in problems[0].message
    assert problems[0].file == str(path)
    assert problems[0].remedy


def test_what_ldapsearch_says_at_the_end_is_nobody(tmp_path: Path) -> None:
    path = write(tmp_path, "dn: uid=one\nchangetype: add\nsn: One\n\n# search result\nsearch: 2\nresult: 0 Success\n")
    rows, problems = read(path)
    assert [row.values for row in rows] == [{"dn": "uid=one", "sn": "One"}]
    assert problems == []


def test_an_endless_line_and_a_huge_photograph_stay_out_of_memory(tmp_path: Path) -> None:
    path = tmp_path / "people.ldif"
    with path.open("w") as file:
        file.write("dn: uid=one\nsn: ")
        for _ in range(60):
            file.write("x" * 1_000_000)
        file.write("\n\ndn: uid=two\njpegPhoto:: ")
        for _ in range(40):
            file.write("QUJD" * 250_000)
        file.write("\nsn: Two\n")
    tracemalloc.start()
    rows, problems = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.values for row in rows] == [{"dn": "uid=two", "sn": "Two"}]
    assert [(problem.line, problem.field) for problem in problems] == [(2, "sn")]
    assert peak < 120_000_000


def test_a_file_that_changes_or_is_missing_is_not_trusted(tmp_path: Path) -> None:
    path = write(tmp_path, "dn: uid=one\nsn: One\n")
    source = open_source(str(path))
    assert len(list(source.rows())) == 1
    assert len(source.digest()) == 64
    write(tmp_path, "dn: uid=one\nsn: Two\n")
    with pytest.raises(SourceChanged):
        source.digest()
    with pytest.raises(SourceError, match="does not exist"):
        list(open_source(str(tmp_path / "nobody.ldif")).rows())
    with pytest.raises(SourceError, match="empty"):
        open_source(str(write(tmp_path, ""))).test()


def test_statistics_count_values_of_lists(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(f"dn: uid={n}\nmail: p{n}@example.org\n\n" for n in range(30)))
    found = open_source(str(path)).preview()
    assert found.kind == "ldif"
    assert found.examined == 30
    assert {column.name: column.emails for column in found.columns} == {"dn": 0.0, "mail": 1.0}
