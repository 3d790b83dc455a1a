"""The expressions of a mapping, compiled once: one program for all rows, one for each to find a culprit."""

from __future__ import annotations

import difflib
import functools
import itertools
import re
import sys
from typing import Any

import msgspec

from console.journal.model import Problem
from console.provisioning.functions import FUNCTIONS, MEMBERS, MOST, VARIOUS, BadArgument, Function
from console.provisioning.lowering import ABSENT, expand, lower, misfit, references, resolve
from console.provisioning.mapping import Mapping, MappingRow

_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNKNOWN = re.compile(r"undeclared reference to '([\w.]+)'")
_MISSING = re.compile(r'Key not found in map : "(.*)"', re.DOTALL)
_STATUS = re.compile(r"\A(?:[A-Z_]+: )+|(?: \[[A-Z_]+\])+\Z")


class ExpressionError(Exception):
    """An expression that does not compile; `caret` shows the place under its line of text."""

    def __init__(self, message: str, *, line: int, column: int, text: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.text = text
        self.remedy = remedy

    @property
    def caret(self) -> str:
        """The line and a mark under the column."""
        return f"{self.text}\n{' ' * (self.column - 1)}^"


class Program:
    """One compiled expression."""

    def __init__(self, text: str, compiled: Any, lowered: bool) -> None:
        self.text = text
        self._compiled = compiled
        self._lowered = lowered

    def eval(self, values: dict[str, Any]) -> Any:
        """The value for a source object. Raises BadArgument for whatever goes wrong."""
        try:
            result = self._compiled.eval(data={"source": values})
        except RuntimeError as error:
            raise BadArgument(_clean(str(error))) from None
        if result.type().name() == "ERROR":
            raise BadArgument(_clean(str(result.plain_value())))
        value = result.plain_value()
        return resolve(value) if self._lowered else value


@functools.cache
def environment() -> Any:
    """The CEL environment: `source`, the string, math, optional and binding extensions, and our functions."""
    from cel_expr_python import cel  # a C++ runtime of 50 MB: loaded with the first mapping
    from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings

    _keep_none()
    kind = cel.Type
    declared = [cel.FunctionDecl(name, _overloads(name, function)) for name, function in FUNCTIONS.items()]
    return cel.NewEnv(
        variables={"source": kind.Map(kind.STRING, kind.DYN)},
        extensions=[
            ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional(), ext_bindings.ExtBindings()
        ],
        functions=declared,
    )  # fmt: skip


def _keep_none() -> None:
    """Give None so many references that it is never freed, as Python itself does from 3.12 on.

    cel-expr-python 0.1.3 gives up a reference to None that it never took, once for each null of a result; after some
    thousand nulls of a source, Python 3.11 would end with "deallocating None".
    """
    if sys.version_info < (3, 12):
        import ctypes

        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40  # an object begins with its count of references


def _overloads(name: str, function: Function) -> list[Any]:
    """One for each combination of types: CEL does not pass a value of any type to a Python function."""
    from cel_expr_python import cel

    kind = cel.Type
    if function.takes == VARIOUS:  # is rewritten before it is run: only its form is checked
        return [
            cel.Overload(f"{name}_{count}", return_type=kind.DYN, parameters=[kind.DYN] * count, impl=function.call)
            for count in range(2, MOST + 1)
        ]
    kinds = {
        "text": (kind.STRING, kind.NULL),
        "fixed": (kind.STRING,),
        "list": (kind.LIST, kind.STRING, kind.NULL),
        "table": (kind.MAP,),
        "any": (kind.STRING, kind.NULL, kind.LIST, kind.INT, kind.DOUBLE, kind.BOOL),
    }
    gives = kind.STRING if function.gives == "text" else kind.DYN
    return [
        cel.Overload(f"{name}_{number}", return_type=gives, parameters=list(parameters), impl=function.call)
        for number, parameters in enumerate(itertools.product(*(kinds[taken] for taken in function.takes)))
    ]


def compile_expression(text: str) -> Program:
    """Compile one expression. Raises ExpressionError."""
    compiled = _compile(text)
    if (wrong := misfit(text)) is not None:
        raise _at(text, *wrong)
    lowered = lower(text)
    if lowered == text:
        return Program(text, compiled, lowered=False)
    return Program(text, environment().compile(lowered), lowered=True)


def compile_condition(text: str) -> Program:
    """Compile an expression that must be true or false. Raises ExpressionError."""
    kind = _compile(text).return_type().name()
    if kind in ("BOOL", "DYN"):
        return compile_expression(text)
    raise ExpressionError(
        f"the condition is of type {kind.lower()}, not true or false",
        line=1,
        column=1,
        text=text.splitlines()[0],
        remedy='Write a condition: has(source.x), source.x != "".',
    )


def _compile(text: str) -> Any:
    try:
        return environment().compile(text)
    except (RuntimeError, TypeError) as error:
        raise _explained(str(error), text) from None


def _at(text: str, offset: int, message: str) -> ExpressionError:
    """What is wrong with a literal at a place of the text."""
    before = text[:offset]
    column = offset - before.rfind("\n")
    shown = text.splitlines()[before.count("\n")]
    remedy = "See the functions in docs/mapping-functions.md."
    return ExpressionError(message, line=before.count("\n") + 1, column=column, text=shown, remedy=remedy)


def _explained(report: str, text: str) -> ExpressionError:
    found = _ERROR.search(report)
    lines = text.splitlines() or [""]
    if found is None:
        remedy = "Write it more simply: nest fewer brackets."
        return ExpressionError(_clean(report)[:200], line=1, column=1, text=lines[0], remedy=remedy)
    line, column, message = int(found[1]), int(found[2]), found[3]
    if line > len(lines):  # the end was not expected, and it stands below the last line
        line, column = len(lines), len(lines[-1]) + 1
    shown = lines[line - 1]
    remedy = "See the functions of CEL: strings have lowerAscii(), trim(), split(); and docs/mapping-functions.md."
    if unknown := _UNKNOWN.search(message):
        name = unknown[1]
        start = shown.rfind(name, 0, column + len(name))
        column = start + 1 if start >= 0 else column
        message, remedy = _unknown(name, text, remedy)
    elif message.startswith("Syntax error"):
        message = message.partition(" expecting ")[0].replace("'<EOF>'", "the end")
    return ExpressionError(message, line=line, column=max(column, 1), text=shown, remedy=remedy)


def _unknown(name: str, text: str, remedy: str) -> tuple[str, str]:
    """What is wrong with a name that CEL does not know, and what may be meant."""
    if name in FUNCTIONS:
        function = FUNCTIONS[name]
        count = len(function.takes)
        wanted = f"2 to {MOST}" if function.takes == VARIOUS else str(count)
        return f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}", f"Write {function.example}."
    message = f"{name} is unknown"
    known = (*MEMBERS, *FUNCTIONS, "source")
    folded = {item.lower(): item for item in known}
    if name.lower() in folded:
        return message, f"Did you mean {folded[name.lower()]}?"
    if name == text.strip():
        return message, f"A column of the source is written source.{name}; a fixed text needs quotes: '\"{name}\"'."
    near = difflib.get_close_matches(name.partition(".")[0], known, 1, 0.6)
    return message, f"Did you mean {near[0]}?" if near else remedy


def _clean(report: str) -> str:
    return _STATUS.sub("", report.strip()).strip() or "the expression cannot be evaluated"


class RowResult(msgspec.Struct):
    """The values of a person by property; a property whose `when` is false is not in it."""

    values: dict[str, Any]
    problems: tuple[Problem, ...] = ()


class Expressions:
    """The active rows of a mapping, ready to be evaluated."""

    def __init__(self, mapping: Mapping) -> None:
        """Compile. Raises nothing: what is wrong is in `problems`."""
        self.rows = mapping.active
        self.names = tuple(row.name for row in self.rows)
        self.problems: list[Problem] = []
        self._file = mapping.path
        self._values: dict[str, Program] = {}
        self._conditions: dict[str, Program] = {}
        for row in mapping.rows:  # drafts must compile, too
            self._prepare(row)
        for associate in mapping.associate:
            self._try(associate.key, "associate", associate.line)
        self._all = self._combined() if not self.problems and self.rows else None

    def evaluate(self, values: dict[str, Any], *, file: str, line: int) -> RowResult:
        """Apply all rows to a source object. An error or a missing key is a problem, never a blank."""
        if self._all is not None:
            try:
                found = self._all.eval(data={"source": values}).plain_value()
                if isinstance(found, list):
                    return RowResult(
                        {
                            name: resolve(value) if type(value) is list else value
                            for name, value in zip(self.names, found, strict=True)
                            if not (type(value) is str and value == ABSENT)
                        }
                    )
            except (RuntimeError, BadArgument):
                pass  # Which row it was is found out below.
        return self._one_by_one(values, file, line)

    def evaluate_one(self, name: str, values: dict[str, Any]) -> Any:
        """One row's value. Raises BadArgument."""
        return self._values[name].eval(values)

    def _one_by_one(self, values: dict[str, Any], file: str, line: int) -> RowResult:
        result: dict[str, Any] = {}
        problems: list[Problem] = []
        for row in self.rows:
            try:
                condition = self._conditions.get(row.name)
                if condition is not None and condition.eval(values) is not True:
                    continue
                result[row.name] = self._values[row.name].eval(values)
            except BadArgument as error:
                problems.append(_problem(row, str(error), file, line))
        return RowResult(result, tuple(problems))

    def _prepare(self, row: MappingRow) -> None:
        value = self._try(row.value, row.name, row.value_line or row.line)
        if value is not None:
            self._values[row.name] = value
        if row.when:
            condition = self._try(row.when, row.name, row.when_line or row.line, boolean=True)
            if condition is not None:
                self._conditions[row.name] = condition

    def _try(self, text: str, name: str, line: int, *, boolean: bool = False) -> Program | None:
        try:
            return compile_condition(text) if boolean else compile_expression(text)
        except ExpressionError as error:
            self.problems.append(
                Problem(
                    message=f"{error.message}\n{error.caret}",
                    remedy=error.remedy,
                    file=self._file,
                    line=(line + error.line - 1) if line else None,
                    field=name,
                )
            )
            return None

    def _combined(self) -> Any:
        """One program that gives the list of all values: several times faster than one program a row."""
        parts = []
        for row in self.rows:
            value = f"dyn(\n{lower(row.value)}\n)"
            parts.append(f'(\n{expand(row.when)}\n) ? {value} : dyn("\\u0002")' if row.when else value)
        try:
            return environment().compile("[" + ", ".join(parts) + "]")
        except RuntimeError:
            return None  # Too large for one program: the rows are evaluated one by one.


def missing_columns(mapping: Mapping, columns: tuple[str, ...], source: str = "") -> list[Problem]:
    """What the mapping asks of a source (named in the message) whose rows all have the same columns."""
    problems: list[Problem] = []
    reported: set[str] = set()

    def report(column: str, who: str, line: int | None) -> None:
        if column in columns or column in reported:
            return
        reported.add(column)
        near = difflib.get_close_matches(column, columns, 1, 0.5)
        hint = f"Did you mean {near[0]}? " if near else ""
        problems.append(
            Problem(
                message=f"{who} needs the column {column}, which {source or 'the source'} does not have",
                remedy=f"{hint}The columns are: {', '.join(columns[:30])}.",
                file=mapping.path,
                line=line,
                field=column,
            )
        )

    if mapping.source_id:
        report(mapping.source_id, "source_id", mapping.lines.get("source_id"))
    for row in mapping.active:
        needed, _ = references(row.value)
        _, asked = references(row.when)
        also, _ = references(row.when)
        for column in sorted((needed | also) - asked):
            report(column, row.name, row.line)
    for name in mapping.types:
        report(name, "[types]", mapping.lines.get("types"))
    return problems


def _problem(row: MappingRow, message: str, file: str, line: int) -> Problem:
    if missing := _MISSING.search(message):
        return Problem(
            message=f"this person has no {missing[1]}",
            remedy=f"Fill it, or write when = 'has(source.{missing[1]})' for {row.name} in the mapping.",
            file=file,
            line=line,
            field=row.name,
        )
    return Problem(
        message=message,
        remedy=f"Mend the value in the source, or the expression of {row.name} in the mapping.",
        file=file,
        line=line,
        field=row.name,
    )
