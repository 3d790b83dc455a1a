"""What may change while the simulator runs, and what the facts leave open: `--assume NAME=VALUE`. Facts: section 15."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from console.simulator.config import OptionError


class Switches(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Settings of a running simulator; the first block is set by options of their own, the others by `--assume`."""

    latency: float = 0.0  # seconds that every answer takes at least
    index_lag: float = 2.0  # seconds until a write is seen by searches
    account_type: str = "DEVELOPER_TEST"
    authorize_page: Literal["ask", "approve", "deny", "error", "wrong-state", "expired-code"] = "ask"

    # how a batch answers
    echo_trace: bool = False  # results of a batch carry objectWriteTraceId
    partial_email_upsert: bool = False  # an upsert by email writes the good inputs (section 4, rule 5)
    update_by_email: bool = False  # batch/update takes idProperty=email (section 4, rule 6)
    spec_errors: bool = False  # error entries of a 207 with empty `errors` and `links`: in the spec, not in recordings
    shuffle: bool = True  # results of a batch in another order than its inputs
    batch_over_limit: Literal["validation", "plain"] = "validation"  # 101 inputs: 400 with or without a category

    # listings and searches
    search_beyond_cap: Literal["validation", "plain", "empty"] = "validation"  # past 10,000: 400 (with category), 200
    list_over_limit: Literal["validation", "plain", "clamp"] = "validation"  # limit > 100: 400 (with category), 100

    # refusals
    retry_after: int = 0  # seconds in Retry-After of a 429; 0 leaves the header out
    scope_errors: Literal["listed", "context"] = "listed"  # where a 403 names the scopes: in `errors` or at the top
    malformed_credentials: Literal[401, 530] = 401  # the status for an Authorization header that cannot be one
    client_error: Literal["described", "plain", "unauthorized"] = "described"  # wrong client id or secret
    wrong_method: Literal["html", "empty", "json"] = "html"  # the body of a 405
    too_large: Literal["html", "empty", "json"] = "html"  # the body of a 413
    wrong_media: Literal["html", "empty", "json", "accepted"] = "empty"  # the body of a 415; `accepted`: no 415 at all

    # records
    delete_missing: Literal["204", "404"] = "204"  # DELETE of an id that never was
    secondary_email_reads: bool = False  # GET /{secondary email}?idProperty=email finds the record
    unique_clash: Literal["conflict", "validation"] = "conflict"  # a taken custom unique value: 409, or 400 with a code
    stage_backward: Literal["ignored", "refused", "accepted"] = "ignored"  # a write of an earlier lifecycle stage
    null_values: Literal["clear", "ignored", "refused"] = "clear"  # null as a property value
    json_scalars: Literal["accepted", "refused"] = "accepted"  # JSON booleans and numbers as property values

    # associations, merges, privacy
    association_ids: Literal["numbers", "text"] = "numbers"  # ids of associated records: live answers, or the spec
    first_company_primary: bool = True  # the first company of a contact becomes its primary one
    association_bumps: bool = False  # an association change moves the modified date of the contact
    missing_association: Literal["400", "404"] = "400"  # an association with a record that does not exist
    merge_new_id: bool = False  # the surviving record of a merge has a new id
    batch_reads_merged: bool = False  # batch/read finds the survivor by the id of a record that was merged into it
    gdpr_blocks: Literal["unknown", "all"] = "unknown"  # addresses that a GDPR delete bars: those of nobody, or any
    auto_companies: bool = False  # a new contact with a business email gets a company by its domain, later
    auto_company_delay: float = 5.0  # seconds until then
    contact_needs_name: bool = True  # a contact needs one of email, firstname, lastname

    # definitions and versions
    property_names: Literal["refused", "lowered"] = "refused"  # what becomes of capital letters in a property's name
    validate_older_paths: bool = False  # required-property rules hold on v3 and 2026-03 paths too
    newest_version: bool = True  # 2026-09 is routed as 2026-03 is; without it those paths are unknown


def settled(present: Switches, changed: Mapping[str, Any]) -> Switches:
    """`present` with some changes, by their camelCase names; OptionError for one that makes no sense."""
    try:
        return msgspec.convert(msgspec.to_builtins(present) | dict(changed), Switches)
    except msgspec.ValidationError as bad:
        raise OptionError(f"settings: {bad}") from None


def assumed(texts: list[str]) -> dict[str, Any]:
    """`["delete-missing=404", ...]` -> changes for `settled`; OptionError for an unknown name or value."""
    changes: dict[str, Any] = {}
    for text in texts:
        written, equals, value = text.partition("=")
        name = _camel(written.strip())
        kind = _KINDS.get(name)
        if not equals or kind is None:
            raise OptionError(f"{text!r} is not NAME=VALUE with a NAME of: {', '.join(sorted(_KINDS))}")
        try:
            changes[name] = msgspec.convert(value.strip(), kind, strict=False)
        except msgspec.ValidationError as bad:
            raise OptionError(f"{text!r}: {bad}") from None
    return changes


def described(switches: Switches) -> list[dict[str, Any]]:
    """Each switch: name, present value, default, the values it takes."""
    return [
        {
            "name": field.encode_name,
            "value": getattr(switches, field.name),
            "default": field.default,
            "values": list(get_args(field.type)) or field.type.__name__,
        }
        for field in msgspec.structs.fields(Switches)
    ]


def _camel(name: str) -> str:
    """`delete-missing` and `delete_missing` -> `deleteMissing`."""
    return re.sub(r"[-_]+([A-Za-z0-9])", lambda match: match[1].upper(), name)


_KINDS: dict[str, Any] = {field.encode_name: field.type for field in msgspec.structs.fields(Switches)}
