"""A directory as a source: a real slapd with 20,000 people, and everything that it may refuse."""

from __future__ import annotations

import asyncio
import gc
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from console.journal.model import Problem
from console.sources.errors import SourceError
from console.sources.ldap_values import entry_values
from console.sources.model import Incremental, Source, SourceRow
from console.sources.opening import open_source
from tests.support.cutting_line import cutting_line
from tests.support.directory import (
    BASE,
    PEOPLE,
    READER,
    READER_PASSWORD,
    Directory,
    running_directory,
)
from tests.support.ports import free_port

COUNT = 20_000
SECRET = f"{READER}:{READER_PASSWORD}"
LIMITED = f"cn=limited,{BASE}"
UNPAGED = f"cn=unpaged,{BASE}"
MORE = "".join(
    f"dn: {dn}\nobjectClass: person\ncn: {dn.split(',')[0][3:]}\nsn: x\nuserPassword: pw\n\n"
    for dn in (LIMITED, UNPAGED)
) + (
    f"dn: ou=odd,{BASE}\nobjectClass: organizationalUnit\nou: odd\n\n"
    f"dn: uid=two,ou=odd,{BASE}\nobjectClass: inetOrgPerson\nuid: two\ncn: Two\nsn: Two\n"
    "mail: a@example.org\nmail: b@example.org\njpegPhoto:: /9j/4AAQ\ngivenName:: w5xsbGE=\n\n"
    f"dn: ou=elsewhere,ou=odd,{BASE}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\n"
    "ref: ldap://other.example.org/dc=other\n\n"
)
LIMITS = (
    f'limits dn.exact="{LIMITED}" size.soft=100 size.hard=100 size.prtotal=150\n'
    f'limits dn.exact="{UNPAGED}" size.prtotal=disabled'
)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    folder = tmp_path_factory.mktemp("slapd") / "here"
    with running_directory(folder, COUNT, more=MORE, limits=LIMITS) as running:
        yield running


def opened(url: str, secret: str | None = SECRET, **types: str) -> Source:
    return open_source(url, secret=secret, types=types)


def error_of(source: Source) -> SourceError:
    with pytest.raises(SourceError) as caught:
        list(source.rows())
    assert caught.value.remedy
    return caught.value


def rss() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def test_twenty_thousand_people_over_ldaps_stream_in_bounded_memory(directory: Directory) -> None:
    source = opened(directory.url())
    source.test()
    gc.collect()
    before = rss()
    most, mails = before, set()
    for number, row in enumerate(source.rows(), 1):
        assert isinstance(row, SourceRow)
        assert row.line == number
        mails.add(row.values["mail"])
        if not number % 500:
            most = max(most, rss())
    assert len(mails) == COUNT
    assert most - before <= 60
    assert source.notes == ()
    assert len(source.digest()) == 64


def test_fields_are_texts_and_passwords_are_never_among_them(directory: Directory) -> None:
    (row,) = list(opened(directory.url("?(uid=p7)"), employeeNumber="int", l="list").rows())
    assert isinstance(row, SourceRow)
    assert row.values["dn"] == f"uid=p7,{PEOPLE}"
    assert (row.values["employeeNumber"], row.values["l"], row.values["mail"]) == (7, ["Colombo"], "p7@example.org")
    assert "entryUUID" in row.values
    assert "hidden" not in str(row.values)


def test_attributes_and_scope_of_a_full_ldap_url(directory: Directory) -> None:
    (row,) = list(opened(directory.url("?mail,sn?one?(uid=p9)")).rows())
    assert isinstance(row, SourceRow)
    assert set(row.values) == {"dn", "mail", "sn", "modifyTimestamp"}
    assert list(opened(directory.url("?mail?base?(uid=p9)")).rows()) == []


def test_several_values_binary_values_and_referrals(directory: Directory) -> None:
    source = opened(directory.url().replace("ou=people", "ou=odd"))
    (row,) = list(source.rows())
    assert isinstance(row, SourceRow)
    assert sorted(row.values["mail"]) == ["a@example.org", "b@example.org"]
    assert row.values["givenName"] == "Ülla"
    assert row.values["jpegPhoto"] == "/9j/4AAQ"
    (note,) = source.notes
    assert "1 referrals to other servers were not followed" in note


def test_preview_has_statistics(directory: Directory) -> None:
    preview = opened(directory.url(settings="page=50")).preview(limit=2, examine=120)
    columns = {column.name: column for column in preview.columns}
    assert (len(preview.rows), preview.examined, preview.kind) == (2, 120, "ldap")
    assert columns["mail"].emails == 1.0
    assert 0.6 < columns["telephoneNumber"].filled < 0.7


def test_what_changed_since_a_mark(directory: Directory) -> None:
    one = opened(directory.url("?(uid=p1)", settings="overlap=0"))
    assert isinstance(one, Incremental)
    list(one.rows())
    mark = one.mark()
    directory.modify(f"dn: uid=p11,{PEOPLE}\nchangetype: modify\nreplace: title\ntitle: Chief\n")
    changes = opened(directory.url("?(uid=p11)", settings="overlap=0"))
    assert isinstance(changes, Incremental)
    (row,) = list(changes.changes(mark))
    assert isinstance(row, SourceRow)
    assert row.values["title"] == "Chief"
    assert changes.mark() >= mark
    future = opened(directory.url("?(uid=p11)"))
    assert isinstance(future, Incremental)
    assert list(future.changes("time 20990101000000Z")) == []
    assert future.mark() == "time 20990101000000Z"
    with pytest.raises(SourceError, match="of another server"):
        list(future.changes("usn dc1.example.org 4711"))


@pytest.mark.parametrize("scheme", ["ldap+starttls", "ldap"])
def test_starttls_and_plain_to_this_machine(directory: Directory, scheme: str) -> None:
    source = opened(directory.url("?(uid=p3)", scheme=scheme))
    assert source.test() == ()
    assert len(list(source.rows())) == 1


def test_a_connection_dropped_at_entry_7312_names_how_many_came(directory: Directory) -> None:
    # the server's own entry, which is read first, is one more
    with cutting_line(directory.ldap, 1 + 7312) as port:
        source = opened(directory.url(scheme="ldap", port=port))
        came: list[SourceRow | Problem] = []
        with pytest.raises(SourceError) as caught:
            came.extend(source.rows())
    assert len(came) == 7312
    assert "dropped the connection (after 7,312 records, which are not used)" in caught.value.message
    with pytest.raises(SourceError, match="not been read to its end"):
        source.digest()


def test_a_wrong_certificate_is_refused_before_the_password_is_sent(directory: Directory, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    assert "is not trusted" in error_of(opened(directory.url(ca=False))).message
    with_stranger = directory.url(ca=False) + f"ca={stranger}"
    assert "is not trusted" in error_of(opened(with_stranger)).message
    for scheme in ("ldaps", "ldap+starttls"):
        other_name = directory.url(scheme=scheme).replace("127.0.0.1", "localhost")
        assert "Hostname mismatch" in error_of(opened(other_name)).message
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    assert "no PEM certificate" in error_of(opened(directory.url(ca=False) + f"ca={nothing}")).message


def test_a_wrong_password_and_no_password(directory: Directory) -> None:
    wrong = error_of(opened(directory.url(), f"{READER}:canary-wrong"))
    assert "does not take the user or the password" in wrong.message
    assert "credentials set source/127.0.0.1" in wrong.remedy
    assert "canary" not in wrong.message + wrong.remedy
    nobody = error_of(opened(directory.url(settings="credentials=hr"), None))
    assert "hubspoke credentials set source/hr" in nobody.remedy
    with pytest.raises(SourceError) as malformed:
        opened(directory.url(), "canary-bare")
    assert "user:password" in malformed.value.message
    assert "canary" not in malformed.value.message + malformed.value.remedy


def test_limits_of_the_server_are_said(directory: Directory) -> None:
    limited = error_of(opened(directory.url(settings="page=100"), f"{LIMITED}:pw"))
    assert "size limit exceeded" in limited.message
    assert "after 1" in limited.message
    unpaged = error_of(opened(directory.url(), f"{UNPAGED}:pw"))
    assert "pagedResults control not allowed" in unpaged.message


def test_a_base_or_filter_that_is_wrong(directory: Directory) -> None:
    gone = error_of(opened(directory.url().replace("ou=people", "ou=nowhere")))
    assert f"knows no entry ou=nowhere,{BASE}" in gone.message
    assert "cannot be read" in error_of(opened(directory.url("?(mail=*"))).message
    assert "no distinguished name" in error_of(opened(directory.url().replace(PEOPLE, "people"))).message


def test_nobody_there(directory: Directory) -> None:
    assert "cannot be reached" in error_of(opened(directory.url(port=free_port()))).message
    assert "does not speak TLS" in error_of(opened(directory.url(port=directory.ldap))).message
    empty = opened(directory.url("?(uid=nobody)"))
    assert "there is nobody in it" in empty.test()[0]


async def test_a_server_that_speaks_something_else() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 30_000)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        error = await asyncio.to_thread(error_of, opened(f"ldap://127.0.0.1:{port}/dc=x#timeout=1"))
        assert "does not answer as a directory does" in error.message


def test_ranges_options_and_identifiers_of_active_directory() -> None:
    sid = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770091c0100")
    values = entry_values(
        "cn=x",
        {
            "objectGUID": [bytes(range(16))],
            "objectSid": [sid],
            "memberOf;range=0-1": [b"a", b"b"],
            "cn;lang-de": [b"M\xc3\xbcller"],
            "unicodePwd": [b"canary"],
            "empty": [],
        },
        {},
    )
    assert values == {
        "dn": "cn=x",
        "objectGUID": "03020100-0504-0706-0809-0a0b0c0d0e0f",
        "objectSid": "S-1-5-21-2127521184-1604012920-1887927527-72713",
        "memberOf": ["a", "b"],
        "cn;lang-de": "Müller",
    }
