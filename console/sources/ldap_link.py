"""A connection to an LDAP server: verified TLS, a simple bind, and searches in pages.

ldap3 verifies nothing by default and checks host names in its own way; here Python's own TLS does both.
"""

from __future__ import annotations

import ssl
import warnings
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.sources import ldap_words as words
from console.sources.address import CONNECT_TIMEOUT, Address
from console.sources.errors import SourceError
from console.sources.ldap_url import Wanted

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of what ldap3 takes from pyasn1
    import ldap3  # type: ignore[import-untyped]
    from ldap3.core.exceptions import (  # type: ignore[import-untyped]
        LDAPCommunicationError,
        LDAPException,
        LDAPInvalidFilterError,
        LDAPResponseTimeoutError,
    )

_PAGED = "1.2.840.113556.1.4.319"
_ENTRY, _REFERENCE = 4, 19
_GARBLED = (IndexError, KeyError, TypeError, ValueError, OverflowError)
"""How ldap3 stumbles over bytes that are no LDAP."""
_EMPTY_PAGES = 1000
"""So many pages in a row without anybody, and the server goes in circles."""

Entry = tuple[str, Mapping[str, Sequence[bytes]]]


class _Verified(ldap3.Tls):  # type: ignore[misc] # ldap3 has no types
    """TLS by a context of our own, which names the host and remembers what was wrong."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self.failure: OSError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ARG002 - always done
        try:
            connection.socket = self._context.wrap_socket(connection.socket, server_hostname=connection.server.host)
        except OSError as error:
            self.failure = error
            raise


class Link:
    """An open connection; close it."""

    def __init__(self, address: Address, user: str, password: str) -> None:
        self.address = address
        self.anonymous = not user
        self.references = 0
        self._came: deque[Entry] = deque()
        self._tls = _Verified(address.context()) if address.scheme != "ldap" else None
        self._connection = self._connect(user, password)

    def close(self) -> None:
        """Say good-bye; a connection that is gone already is fine."""
        try:
            self._connection.unbind()
        except (LDAPException, OSError):
            return

    def about(self, attributes: Sequence[str]) -> dict[str, list[str]]:
        """Attributes of the server itself; empty where it does not tell."""
        try:
            self._connection.search("", "(objectClass=*)", search_scope=ldap3.BASE, attributes=list(attributes))
        except (LDAPException, OSError) as error:
            raise words.lost(self.address, error) from None
        except _GARBLED:
            raise words.garbled(self.address) from None
        found = self._came.popleft()[1] if self._came else {}
        self._came.clear()
        return {name: [value.decode("utf-8", "replace") for value in values] for name, values in found.items()}

    def search(self, wanted: Wanted, attributes: Sequence[str], page: int) -> Iterator[Entry]:
        """Stream the entries page by page. What came before an error is given out before it. Raises SourceError."""
        cookie = None
        empty = 0
        while True:
            error = self._page(wanted, attributes, page, cookie)
            empty = 0 if self._came else empty + 1
            while self._came:
                yield self._came.popleft()
            if error is not None:
                raise error
            cookie = self._cookie()
            if not cookie:
                return
            if empty > _EMPTY_PAGES:
                raise SourceError(
                    f"the server sent {_EMPTY_PAGES} empty pages in a row",
                    file=self.address.name,
                    remedy="Its paging goes in circles; look into the server, or name another one.",
                )

    def _page(self, wanted: Wanted, attributes: Sequence[str], page: int, cookie: Any) -> SourceError | None:
        address = self.address
        try:
            self._connection.search(
                wanted.base,
                wanted.filter,
                search_scope=getattr(ldap3, wanted.scope),
                attributes=list(attributes),
                paged_size=page,
                paged_criticality=True,
                paged_cookie=cookie,
            )
        except LDAPInvalidFilterError:
            return SourceError(
                f"the filter {wanted.filter[:200]} cannot be read",
                file=address.name,
                remedy="Write it as (&(objectClass=person)(mail=*)); brackets within values are \\28 and \\29.",
            )
        except (LDAPCommunicationError, LDAPResponseTimeoutError, OSError) as error:
            return words.lost(address, error)
        except LDAPException as error:
            return SourceError(
                f"the search cannot be made: {str(error)[:200]}",
                file=address.name,
                remedy="Check base, attributes and filter in the URL.",
            )
        except _GARBLED:
            return words.garbled(address)
        result = self._connection.result
        if result["result"] != 0:
            return words.refused(address, wanted.base, result, anonymous=self.anonymous)
        return None

    def _cookie(self) -> Any:
        controls = self._connection.result.get("controls") or {}
        return ((controls.get(_PAGED) or {}).get("value") or {}).get("cookie")

    def _connect(self, user: str, password: str) -> Any:
        address = self.address
        connection = self._new(user, password)
        opened = False
        try:
            connection.open()
            if address.scheme == "ldap+starttls":
                connection.start_tls()
            opened = connection.bind()
            if not opened:
                raise words.refused(address, "", connection.result, anonymous=self.anonymous)
        except (LDAPException, OSError) as error:
            raise words.unreachable(address, (self._tls and self._tls.failure) or error) from None
        except _GARBLED:
            raise words.garbled(address) from None
        finally:
            if not opened and connection.socket is not None:
                connection.socket.close()  # which ldap3 leaves open when it stumbles
        return connection

    def _new(self, user: str, password: str) -> Any:
        server = ldap3.Server(
            self.address.host,
            port=self.address.port,
            use_ssl=self.address.scheme == "ldaps",
            tls=self._tls,
            get_info=ldap3.NONE,
            connect_timeout=CONNECT_TIMEOUT,
        )
        connection = ldap3.Connection(
            server,
            user=user or None,
            password=password or None,
            authentication=ldap3.SIMPLE if user else ldap3.ANONYMOUS,
            client_strategy=ldap3.SYNC,
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            return_empty_attributes=False,
            read_only=True,
            receive_timeout=self.address.timeout,
        )
        self._take_entries(connection)
        return connection

    def _take_entries(self, connection: Any) -> None:
        """Entries are taken as they are decoded: ldap3 would keep a page, decode it twice and lose it with the line."""
        decode = connection.strategy.decode_response_fast

        def take(message: Any) -> Any:
            if message["protocolOp"] == _REFERENCE:
                self.references += 1
            if message["protocolOp"] != _ENTRY:
                return decode(message)
            dn, attributes = message["payload"][0][3], message["payload"][1][3]
            self._came.append(
                (
                    dn.decode("utf-8", "backslashreplace"),
                    {
                        part[3][0][3].decode("utf-8", "backslashreplace"): [value[3] for value in part[3][1][3]]
                        for part in attributes
                    },
                )
            )
            return {"type": "searchResEntry"}

        connection.strategy.decode_response_fast = take
