"""`gateway.toml` of the config folder: where the gateway listens, and which clients may do what."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import msgspec

from console.connector.filter import parse
from console.gateway.ports import Caller, Right
from console.settings import tomlfile
from console.settings.errors import SettingsError
from console.settings.paths import Paths, write_private

FILE = "gateway.toml"
_COMMENT = "The gateway of Hubspoke: hubspoke gateway. Secrets of clients are in the vault, never here."
_LIMITS = (
    "max_body_bytes", "max_header_bytes", "request_seconds", "blocking_seconds", "max_requests", "max_requests_per_client",
    "per_second_per_client", "max_connections_per_address",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")

Kind = Literal["basic", "bearer", "apiKey", "mtls"]
Tls = Literal["self-signed", "files", "off"]


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who may call.

    `auth` is how they say who they are: `basic` (user `user`, by default the client's name), `bearer`, `apiKey` (header
    X-API-Key) or `mtls` (a client certificate with `subject` as its common name or DNS name). What they say is compared
    with the vault's `gateway/NAME`, of which only a hash is kept.
    """

    name: str
    auth: Kind = "basic"
    user: str = ""
    subject: str = ""
    rights: tuple[Right, ...] = ("scim:read", "scim:write")
    mapping: str = ""
    scope: str = ""
    blocking: bool = False
    deletion: Literal["remove", "deactivate"] = "remove"

    def caller(self) -> Caller:
        """Who it is that calls, for the rest of the gateway."""
        return Caller(
            client=self.name,
            rights=frozenset(self.rights),
            mapping=self.mapping,
            scope=self.scope,
            blocking=self.blocking,
            deletion=self.deletion,
        )


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it listens, its certificate, its limits (bytes, seconds, requests at once), and its clients.

    `proxies` are addresses whose X-Forwarded-For is believed: they say who calls, so that whoever guesses there locks out
    nobody but themselves.
    """

    listen: str = "127.0.0.1:8253"
    tls: Tls = "self-signed"
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    max_body_bytes: int = 1 << 20
    max_header_bytes: int = 16_384
    request_seconds: float = 60.0
    blocking_seconds: float = 30.0
    max_requests: int = 200
    max_requests_per_client: int = 50
    per_second_per_client: float = 200.0
    max_connections_per_address: int = 256
    proxies: tuple[str, ...] = ()
    client: tuple[Client, ...] = ()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port. Raises SettingsError."""
        host, colon, port = self.listen.rpartition(":")
        if not colon or not host or not port.isdigit() or not 0 <= int(port) < 65536:
            raise SettingsError(f'listen = "{self.listen[:60]}" is no HOST:PORT.', 'Write listen = "127.0.0.1:8253".')
        return host.strip("[]"), int(port)

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        host, _ = self.address
        if host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    def named(self, name: str) -> Client | None:
        """The client of this name."""
        return next((client for client in self.client if client.name == name), None)


def load(paths: Paths) -> GatewaySettings:
    """The settings; defaults without any client where there is no file. Raises SettingsError."""
    path = paths.config / FILE
    if not path.exists():
        return GatewaySettings()
    found = tomlfile.read(path, "gateway")
    _known(found, path)
    try:
        settings = msgspec.convert(found.values, GatewaySettings)
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"The gateway's settings are wrong: {error}.", "See docs/gateway.md for each key.", file=path
        ) from None
    try:
        check(settings)
    except SettingsError as error:
        line = found.line(error.key) if error.key else None
        raise SettingsError(error.message, error.remedy, file=path, line=line, key=error.key) from None
    return settings


def save(paths: Paths, settings: GatewaySettings) -> None:
    """Write the file; what an operator wrote beside the values, and what did not change, stays as it is."""
    import tomlkit  # writing is rare
    from tomlkit.exceptions import TOMLKitError

    check(settings)
    path = paths.config / FILE
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else f"# {_COMMENT}\n"
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, TOMLKitError):
        document = tomlkit.parse(f"# {_COMMENT}\n")
    default = msgspec.to_builtins(GatewaySettings())
    values = msgspec.to_builtins(settings)
    before = document.unwrap()
    for key, value in values.items():
        if key != "client":
            _put(document, key, _plain(value), before.get(key, _plain(default[key])), _plain(default[key]))
    _put_clients(document, values["client"])
    try:
        write_private(path, tomlkit.dumps(document).encode())
    except OSError as error:
        raise SettingsError(
            f"The file cannot be written: {(error.strerror or 'unknown reason').lower()}.",
            "Look at the folder's permissions and at the free space.",
            file=path,
        ) from None


def _put(table: Any, key: str, value: Any, before: Any, default: Any) -> None:
    """A value where it is another one than it was; the default need not be said."""
    if value == before:
        return
    if value == default:
        table.pop(key, None)
    else:
        table[key] = value


def _put_clients(document: Any, clients: list[dict[str, Any]]) -> None:
    """Tables of clients in this order; those that are there already keep their comments."""
    import tomlkit
    from tomlkit.items import Table

    present = {str(one.get("name")): one for one in document.get("client", [])}
    document.pop("client", None)
    blank = msgspec.to_builtins(Client(name=""))
    tables = tomlkit.aot()
    for client in clients:
        table = present.get(client["name"])
        if not isinstance(table, Table):
            inline: Any = table or {}
            table = tomlkit.table()
            table.update(inline)
        before = dict(table.unwrap())
        for key, value in client.items():
            _put(table, key, _plain(value), before.get(key, _plain(blank[key])), _plain(blank[key]))
        tables.append(table)
    if clients:
        document["client"] = tables


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def check(settings: GatewaySettings) -> None:
    """Refuse what must not be: off loopback without TLS, clients twice, filters that are none. Raises SettingsError."""
    if not settings.loopback and settings.tls == "off":
        raise SettingsError(
            f"{settings.listen} can be reached from elsewhere, and tls is off: secrets would travel in the clear.",
            'Write tls = "self-signed" or tls = "files", or listen on 127.0.0.1 behind a proxy that speaks TLS.',
        )
    if settings.tls == "files" and not (settings.certificate and settings.key):
        raise SettingsError('tls = "files" needs certificate and key.', "Name both PEM files.")
    _check_numbers(settings)
    if settings.client_ca and settings.tls == "off":
        raise SettingsError("client_ca asks for client certificates, but tls is off.", "Switch TLS on, or remove it.")
    seen: set[str] = set()
    for client in settings.client:
        _check_client(client, settings)
        if client.name in seen:
            raise SettingsError(f"The client {client.name} is there twice.", "Rename or remove one.")
        seen.add(client.name)
        other = next((one for one in settings.client if one.mapping and one.mapping == client.mapping), client)
        if other.scope != client.scope:
            raise SettingsError(
                f"The clients {other.name} and {client.name} share the mapping {client.mapping}, but not the scope.",
                "Give both the same scope, or each a mapping of its own.",
            )


def _check_numbers(settings: GatewaySettings) -> None:
    """A limit of nothing would stop everybody."""
    for name in _LIMITS:
        value = getattr(settings, name)
        if not 0 < value < float("inf"):
            raise SettingsError(
                f"{name} = {value} is no limit.", "Write a number above zero, or leave it out.", key=name
            )
    for proxy in settings.proxies:
        try:
            ip_address(proxy)
        except ValueError:
            raise SettingsError(
                f'proxies: "{proxy[:60]}" is no address.', 'Such as proxies = ["127.0.0.1"].', key="proxies"
            ) from None


def _check_client(client: Client, settings: GatewaySettings) -> None:
    if not _NAME.match(client.name):
        raise SettingsError(
            f'"{client.name[:60]}" is no name of a client.', "Use small letters, digits, dots, dashes, underscores."
        )
    if client.auth == "mtls" and not (client.subject and settings.client_ca):
        raise SettingsError(
            f"The client {client.name} signs in by certificate, which needs its subject and client_ca.",
            'Write client_ca = "/path/ca.pem", and subject = "wso2.example.org" at the client.',
        )
    if client.scope:
        try:
            parse(client.scope)
        except ValueError as error:
            raise SettingsError(
                f"The scope of the client {client.name} is no query filter: {error}.",
                "Such as: scope = 'mail co \"@example.org\"'.",
            ) from None


def _known(found: tomlfile.TomlFile, path: Path) -> None:
    """Unknown keys are errors, named with the nearest one that there is."""
    tables: list[tuple[dict[str, Any], tuple[str, ...]]] = [(found.values, GatewaySettings.__struct_fields__)]
    clients = found.values.get("client")
    if isinstance(clients, list):
        tables += [(one, Client.__struct_fields__) for one in clients if isinstance(one, dict)]
    for table, known in tables:
        for key in table:
            if key not in known:
                meant = tomlfile.nearest(key, known)
                raise SettingsError(
                    f'Unknown key "{key[:60]}".',
                    f"Did you mean {meant}?" if meant else f"The keys are: {', '.join(known)}.",
                    file=path,
                    line=found.line(key),
                    key=key,
                )
