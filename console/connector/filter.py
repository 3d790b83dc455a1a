"""The query filter, the one filter language of Hubspoke: `email sw "a" and !(lastname eq "X")`."""

from __future__ import annotations

from console.connector.filter_match import matches
from console.connector.filter_nodes import Always, And, Compare, Filter, Not, Or, Present, Value, attributes, renamed
from console.connector.filter_parser import FilterError, parse

__all__ = [
    "Always",
    "And",
    "Compare",
    "Filter",
    "FilterError",
    "Not",
    "Or",
    "Present",
    "Value",
    "attributes",
    "matches",
    "parse",
    "renamed",
]
