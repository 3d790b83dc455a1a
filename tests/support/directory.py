"""A directory server for tests: slapd of this machine with a private authority, people made up."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.support.ports import free_port

BASE = "dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
READER = f"cn=reader,{BASE}"
READER_PASSWORD = "reader:canary-71"
ADMIN = f"cn=admin,{BASE}"
_SLAPD = shutil.which("slapd") or "/usr/sbin/slapd"
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
TLSCACertificateFile {folder}/ca.pem
database mdb
maxsize 268435456
suffix "{base}"
rootdn "{admin}"
rootpw admin
directory {folder}/db
dbnosync
index objectClass eq
limits dn.exact="{reader}" size.soft=unlimited size.hard=unlimited
{limits}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by users read by anonymous {anonymous}
"""


@dataclass
class Directory:
    """A running slapd."""

    folder: Path
    ldaps: int
    ldap: int

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def url(self, query: str = "", *, scheme: str = "ldaps", port: int = 0, settings: str = "", ca: bool = True) -> str:
        port = port or (self.ldaps if scheme == "ldaps" else self.ldap)
        behind = "&".join(filter(None, (f"ca={self.ca}" if ca else "", settings)))
        return f"{scheme}://127.0.0.1:{port}/{PEOPLE}{query}#{behind}"

    def modify(self, ldif: str) -> None:
        """Change something as the administrator."""
        subprocess.run(
            ["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.ldap}", "-D", ADMIN, "-w", "admin"],
            input=ldif.encode(),
            check=True,
            capture_output=True,
        )


def person(number: int) -> str:
    """One inetOrgPerson as LDIF."""
    phone = f"telephoneNumber: +94 11 {2000000 + number}\n" if number % 3 else ""
    return (
        f"dn: uid=p{number},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Ann Number {number}\n"
        f"sn: Number {number}\ngivenName: Ann\nmail: p{number}@example.org\nemployeeNumber: {number}\n{phone}"
        f"title: Engineer of things\ndepartmentNumber: {number % 20}\nl: Colombo\nuserPassword: hidden-{number}\n"
    )


def head() -> str:
    """The tree above the people, and who reads."""
    digest = READER_PASSWORD  # slapd compares a bare value as it is
    return (
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n\n"
        f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n\n"
        f"dn: {READER}\nobjectClass: person\ncn: reader\nsn: reader\nuserPassword: {digest}\n\n"
    )


@contextmanager
def running_directory(
    folder: Path, people: int, *, more: str = "", limits: str = "", anonymous: str = "auth"
) -> Iterator[Directory]:
    """Start a slapd with so many people; `more` is LDIF besides them."""
    (folder / "db").mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server = authority.issue_cert("127.0.0.1", "directory.test", common_name="directory.test")
    server.private_key_pem.write_to_path(folder / "server.key")
    for number, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(folder / "server.pem", append=number > 0)
    config = folder / "slapd.conf"
    config.write_text(
        _CONFIG.format(folder=folder, base=BASE, admin=ADMIN, reader=READER, limits=limits, anonymous=anonymous)
    )
    ldif = folder / "people.ldif"
    with ldif.open("w") as stream:
        stream.write(head())
        for number in range(1, people + 1):
            stream.write(person(number) + "\n")
        stream.write(more)
    subprocess.run(
        [_SLAPD, "-T", "add", "-q", "-f", str(config), "-l", str(ldif)], check=True, capture_output=True, timeout=50
    )
    directory = Directory(folder, free_port(), free_port())
    urls = f"ldaps://127.0.0.1:{directory.ldaps} ldap://127.0.0.1:{directory.ldap}"
    process = subprocess.Popen([_SLAPD, "-d", "0", "-f", str(config), "-h", urls], stderr=subprocess.DEVNULL)
    try:
        _wait(directory.ldap, process)
        yield directory
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("slapd did not start")
