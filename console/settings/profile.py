"""A profile: one named connector configuration, without secrets."""

from __future__ import annotations

import msgspec

from console.settings.icf import IcfSettings

Authentication = str
AUTHENTICATIONS = ("oauth", "token")
AUTO = "auto"
_NO_ICF = IcfSettings()


class Profile(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the operator configured for one HubSpot account.

    Keys in files and on the command line are camelCase, as in the connector that
    Hubspoke replaces. `maximum_connections` and `permits_per_second` are ceilings; 0 means
    `auto` (follow the limits that HubSpot reports). `icf` is what an imported provisioner file said beside.
    """

    name: str
    display_name: str = ""
    enabled: bool = True
    authentication: Authentication = "oauth"
    client_id: str = ""
    api_base_url: str = "https://api.hubapi.com"
    api_version: str = "2026-09"
    authorize_url: str = "https://app.hubspot.com/oauth/authorize"
    redirect_uri: str = "http://localhost:8765/callback"
    scopes: tuple[str, ...] = ()
    read_schema: bool = True
    accept_self_signed_certificates: bool = False
    certificate_fingerprint: str = ""
    disable_host_name_verifier: bool = False
    maximum_connections: int = 0
    permits_per_second: int = 0
    http_proxy_host: str = ""
    http_proxy_port: int = 0
    http_proxy_user: str = ""
    no_proxy: tuple[str, ...] = ()
    ca_file: str = ""
    timeout_seconds: float = 60.0
    remote_url: str = ""
    icf: IcfSettings = _NO_ICF

    @property
    def title(self) -> str:
        """The name that people see."""
        return self.display_name or self.name

    @property
    def origin(self) -> str:
        """Scheme, host and port of the API, or of the remote connector: what vault entries are bound to."""
        return origin_of(self.remote_url or self.api_base_url)


def origin_of(url: str) -> str:
    """`https://api.hubapi.com` of any URL there; lower case, without a default port."""
    from urllib.parse import urlsplit  # not needed to read a profile

    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if ":" in host:
        host = f"[{host}]"
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, standard) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
