"""What an operation of the connector fails with: the error classes of the identity connector framework.

IcfError                HTTP status as identity servers answer it
  AlreadyExists         412  another object has this name or unique value
  Configuration         500  a setting is missing or wrong
  ConnectionFailed      503  HubSpot was not reached
  OperationTimeout      503  no answer in time; a write may have had its effect
  Retryable             503  HubSpot refuses for the moment
  UnknownUid            404  there is no such object (any more)
  InvalidCredential     401  HubSpot does not take the credentials
  PermissionDenied      403  a scope is missing, or the operation is configured to be denied
  InvalidAttributeValue 400  a value or an attribute that the object cannot have
  InvalidFilter         400  a query filter that is none
  PreconditionFailed    412  the object is not of the version that was given
  PreconditionRequired  428  something irreversible was asked for without its confirmation
  UnsupportedOperation  404  not on this object class
  NotSupported          501  not by this connector
  Connector             500  anything else
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.connector.filter_parser import FilterError
from console.hubspot import errors as hubspot
from console.settings.errors import SettingsError


class IcfError(Exception):
    """An operation failed. `message` may hold foreign text: pass it through `console.text.safe` before showing it.

    `outcome_unknown`: a write may have had its effect. `existing_id`: the object that is in the way.
    """

    name = "Connector"
    http_status = 500
    outcome_unknown = False
    stops_run = False

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        correlation_id: str = "",
        uid: str = "",
        existing_id: str | None = None,
        problems: Sequence[Any] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.correlation_id = correlation_id
        self.uid = uid
        self.existing_id = existing_id
        self.problems = tuple(problems)
        self.retry_after = retry_after


class Connector(IcfError):
    """A failure of no other class."""


class AlreadyExists(IcfError):
    """Another object has this name or unique value."""

    name, http_status = "AlreadyExists", 412


class Configuration(IcfError):
    """A setting is missing or wrong."""

    name, http_status = "Configuration", 500


class ConnectionFailed(IcfError):
    """HubSpot was not reached, so nothing happened."""

    name, http_status = "ConnectionFailed", 503


class OperationTimeout(IcfError):
    """No answer in time."""

    name, http_status = "OperationTimeout", 503


class Retryable(IcfError):
    """HubSpot refuses for the moment; `retry_after` are the seconds it named, if any."""

    name, http_status = "Retryable", 503


class InvalidCredential(IcfError):
    """HubSpot does not take the credentials."""

    name, http_status = "InvalidCredential", 401


class UnknownUid(InvalidCredential):
    """There is no such object. The framework derives it from InvalidCredential: catch it first."""

    name, http_status = "UnknownUid", 404


class PermissionDenied(IcfError):
    """A scope is missing, the account does not allow it, or the operation is configured to be denied."""

    name, http_status = "PermissionDenied", 403


class InvalidAttributeValue(IcfError):
    """A value or an attribute that the object cannot have."""

    name, http_status = "InvalidAttributeValue", 400


class InvalidFilter(IcfError):
    """A query filter that is none, or names what the class does not have."""

    name, http_status = "InvalidFilter", 400
    pointer = ""

    def caret(self) -> str:
        """The part of the filter around the mistake and a caret under it; empty where no place is to blame."""
        return self.pointer


class PreconditionFailed(IcfError):
    """The object is not of the version that the caller knows."""

    name, http_status = "PreconditionFailed", 412


class PreconditionRequired(IcfError):
    """Something irreversible was asked for without its confirmation."""

    name, http_status = "PreconditionRequired", 428


class UnsupportedOperation(IcfError):
    """The operation exists, but not on this object class."""

    name, http_status = "UnsupportedOperation", 404


class NotSupported(IcfError):
    """The connector does not have this operation."""

    name, http_status = "NotSupported", 501


_CLASSES: tuple[tuple[type[hubspot.HubSpotError], type[IcfError]], ...] = (
    (hubspot.NotSent, ConnectionFailed),
    (hubspot.OutcomeUnknown, OperationTimeout),
    (hubspot.TokenNotKept, Configuration),
    (hubspot.Unauthorized, InvalidCredential),
    (hubspot.MissingScopes, PermissionDenied),
    (hubspot.Forbidden, PermissionDenied),
    (hubspot.NotFound, UnknownUid),
    (hubspot.Conflict, AlreadyExists),
    (hubspot.Invalid, InvalidAttributeValue),
    (hubspot.Locked, Retryable),
    (hubspot.RateLimited, Retryable),
    (hubspot.Migrating, Retryable),
    (hubspot.ServerFault, Retryable),
    (hubspot.HubSpotError, Connector),
)
"""The first that fits; subclasses stand before what they derive from."""


_ADVICE = (
    ("PROPERTY_DOESNT_EXIST", "List those of the account with: hubspoke schema {cls} --refresh"),
    ("INVALID_OPTION", "List the options of the account with: hubspoke schema {cls} --refresh --json"),
    ("READ_ONLY_VALUE", "Leave it out."),
    ("GDPR_BLACKLISTED_EMAIL", "HubSpot takes no such address again: use another one."),
)


def icf_error(error: Exception, operation: str, cls: str = "", uid: str = "", *, filtering: bool = False) -> IcfError:
    """The framework's error for one of ours: its class, what was done to which object, and what to do next.

    `operation` is a word such as CREATE; `filtering` says that refused attributes are those of a filter or an order.
    """
    if isinstance(error, IcfError):
        return error
    subject = f"{operation} of {cls}{f' {uid}' if uid else ''}".strip() if cls else operation
    if isinstance(error, FilterError):
        return _about_filter(error)
    if isinstance(error, SettingsError):
        return Configuration(f"{subject}: {error}", advice=error.remedy)
    if not isinstance(error, hubspot.HubSpotError):
        return Connector(f"{subject}: {error}")
    kind = InvalidFilter if filtering and isinstance(error, hubspot.Invalid) else icf_class(error)
    found = kind(
        f"{subject}: {_told(error)}",
        advice=error.advice or _advice(error, cls),
        correlation_id=error.correlation_id,
        uid=uid,
        existing_id=getattr(error, "existing_id", None),
        problems=getattr(error, "problems", ()),
        retry_after=error.retry_after,
    )
    found.outcome_unknown = isinstance(error, hubspot.OutcomeUnknown)
    found.stops_run = error.stops_run
    return found


def _told(error: hubspot.HubSpotError) -> str:
    """What HubSpot said; of refused values the first, the others stand among the problems."""
    if isinstance(error, hubspot.Invalid) and error.problems:
        first = error.problems[0]
        return f"{first.property}: {first.message}" if first.property and first.message else error.message
    return error.message


def _advice(error: hubspot.HubSpotError, cls: str) -> str:
    """What to do where HubSpot names a property and gives no advice."""
    codes = [problem.code for problem in error.problems] if isinstance(error, hubspot.Invalid) else []
    return next((text.format(cls=cls or "CLASS") for code in codes for known, text in _ADVICE if code == known), "")


def icf_class(error: hubspot.HubSpotError) -> type[IcfError]:
    """The framework's class for an error of HubSpot's."""
    return next(kind for ours, kind in _CLASSES if isinstance(error, ours))


def _about_filter(error: FilterError) -> InvalidFilter:
    found = InvalidFilter(f"{error.message} (character {error.position + 1})")
    found.pointer = error.caret()
    return found
