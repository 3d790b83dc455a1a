"""Scripts in a Python subset, in a worker process that has no files, no network and no clock but a bounded one.

Every call that leaves the sandbox comes through `_Drive`: what the host does not name is refused, and what the
sandbox would ask of an operating system ends the script. The library's blocking pool runs in a thread: its
asynchronous one (1.4) sometimes aborts the whole process when that ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from console.connector.errors import Configuration, IcfError, NotSupported
from console.connector.script import (
    BadCall,
    Script,
    ScriptFailed,
    ScriptHost,
    ScriptLimit,
    ScriptLimits,
    ScriptRefused,
    ScriptRunner,
)
from console.connector.script_check import Placed, check, placed
from console.connector.script_values import NotPlain, plain

if TYPE_CHECKING:
    from pydantic_monty import FunctionSnapshot, MontyComplete, MontyError, MontySession, SyncSnapshot

T = TypeVar("T")

_RECURSION = 500
_STOP = 1.0  # seconds that a worker gets to end by itself
_IN_SCRIPT = {
    "UnknownUid": "LookupError",
    "AlreadyExists": "ValueError",
    "InvalidAttributeValue": "ValueError",
    "InvalidFilter": "ValueError",
    "PreconditionFailed": "ValueError",
    "PermissionDenied": "PermissionError",
    "UnsupportedOperation": "NotImplementedError",
    "NotSupported": "NotImplementedError",
    "OperationTimeout": "TimeoutError",
    "ConnectionFailed": "OSError",
    "Retryable": "OSError",
}
"""What a script can catch for each class of error; anything else is a RuntimeError."""


class connector:  # noqa: N801 - scripts see this name
    """What the variable `connector` is in a script."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self.configuration = dict(configuration)


class MontyRunner(ScriptRunner):
    """Runs scripts with pydantic-monty, which comes with the extra `scripts`."""

    async def run(self, script: Script, host: ScriptHost, limits: ScriptLimits, printed: Callable[[str], None]) -> Any:
        """See `ScriptRunner.run`."""
        monty = _monty()
        check(script)
        drive = _Drive(monty, script, host, limits, printed)
        try:
            async with asyncio.timeout(limits.seconds):
                result = await drive.run()
        except TimeoutError:
            raise drive.too_long() from None
        except asyncio.CancelledError:
            if not drive.flooded:
                raise
            raise drive.too_much() from None
        except monty.MontyError as error:
            raise drive.explained(error) from None
        if drive.flooded:
            raise drive.too_much()
        return result


class _Drive:
    """One run: answers what the script asks, one question at a time."""

    def __init__(
        self, monty: Any, script: Script, host: ScriptHost, limits: ScriptLimits, printed: Callable[[str], None]
    ) -> None:
        self._monty = monty
        self._script = script
        self._host = host
        self._limits = limits
        self._printed = printed
        self._said = 0
        self.flooded = False
        self._over = False
        self._loop = asyncio.get_running_loop()
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._worker: int | None = None
        self._calls = 0
        self._line = 0
        self._raised: dict[str, IcfError] = {}

    async def run(self) -> Any:
        with ThreadPoolExecutor(1, "script") as self._thread, ExitStack() as stack:
            try:
                return await self._to_the_end(await self._turn(partial(self._start, stack)))
            finally:
                await self._turn(stack.close)

    def _start(self, stack: ExitStack) -> SyncSnapshot:
        monty, limits = self._monty, self._limits
        bounds = {
            "max_feed_duration_secs": limits.seconds,
            "max_memory": limits.memory << 20,
            "max_recursion_depth": _RECURSION,
            "max_suspensions": limits.calls * 2 + 100,  # names that are looked up count too
        }
        inputs = {
            "connector": monty.ClassInstance(connector(self._host.configuration), eager_attrs=["configuration"]),
            "arguments": dict(self._script.arguments),
        }
        pool = stack.enter_context(monty.Monty(max_processes=1, feed_duration_limit_grace=_STOP))
        session: MontySession = stack.enter_context(pool.checkout(limits=bounds, script_name=self._script.name))
        self._worker = session.worker_pid
        return session.feed_start(self._script.text, inputs=inputs, print_callback=self._say)

    async def _to_the_end(self, asked: SyncSnapshot) -> Any:
        while not isinstance(asked, self._monty.MontyComplete):
            asked = await self._answered(asked)
        value, self._over = cast("MontyComplete", asked).output, True
        try:
            return plain(value)
        except NotPlain as error:
            raise ScriptFailed(
                f"{self._script.name}: {error}; that cannot be sent on.",
                advice="Return text, numbers, true or false, nothing, lists or maps of these.",
            ) from None

    async def _turn(self, turn: Callable[[], T]) -> T:
        """One turn of the sandbox, in the thread that is its own; a cancelled one ends with its worker."""
        future = self._loop.run_in_executor(self._thread, turn)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if self._worker is not None and not future.done():
                with suppress(ProcessLookupError):
                    os.kill(self._worker, signal.SIGKILL)
            await asyncio.wait([future])
            future.exception()
            raise

    async def _answered(self, question: Any) -> SyncSnapshot:
        self._line = self._script.text.encode()[: question.position.start].count(b"\n") + 1
        if isinstance(question, self._monty.NameLookupSnapshot):
            return await self._turn(cast("Callable[[], SyncSnapshot]", question.resume))
        if not isinstance(question, self._monty.FunctionSnapshot):
            raise self._refused("A script does not wait for several things at once.")
        asked = cast("FunctionSnapshot", question)
        if asked.is_os_function:
            return await self._system(asked)
        if asked.object_id is None:
            return await self._turn(
                partial(asked.resume, _fault("NameError", f"name '{asked.function_name}' is not defined"))
            )
        return await self._operation(asked)

    async def _system(self, asked: FunctionSnapshot) -> SyncSnapshot:
        """Sleeping is the one thing that a script may ask of an operating system."""
        if asked.function_name != "system.sleep":
            what = " ".join([str(asked.function_name), *map(str, asked.args[:1])])
            raise self._refused(f"A script has no files, no network and no processes ({what}).")
        await asyncio.sleep(max(0.0, float(asked.args[0])))
        return await self._turn(partial(asked.resume, {"return_value": None}))

    async def _operation(self, asked: FunctionSnapshot) -> SyncSnapshot:
        name = str(asked.function_name)
        self._calls += 1
        if self._calls > self._limits.calls:
            raise self._limit(f"The script called the connector more than {self._limits.calls:,} times.", "--max-calls")
        try:
            if name not in self._host.operations:
                offered = ", ".join(self._host.operations)
                raise NotSupported(f"The connector has no operation {name} for scripts.", advice=f"It has {offered}.")
            answer = plain(await self._host.call(name, asked.args, asked.kwargs), "the answer")
        except BadCall as error:
            return await self._turn(partial(asked.resume, _fault("TypeError", f"connector.{name}: {error}")))
        except IcfError as error:
            told = f"{error.name}: {error.message}"
            self._raised[told] = error
            return await self._turn(partial(asked.resume, _fault(_IN_SCRIPT.get(error.name, "RuntimeError"), told)))
        return await self._turn(partial(asked.resume, {"return_value": answer}))

    def _say(self, _stream: str, text: str) -> None:
        if self.flooded:
            return
        self._said += len(text.encode(errors="replace"))
        if self._said > self._limits.output << 10:
            self.flooded = True
            self._loop.call_soon_threadsafe(self._end)  # an exception from here would reach nobody
        else:
            self._loop.call_soon_threadsafe(self._printed, text)

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._task.cancel()

    def too_much(self) -> ScriptLimit:
        self._task.uncancel()
        return self._limit(f"The script printed more than {self._limits.output:,} KiB.", "--max-output")

    def explained(self, error: MontyError) -> IcfError:
        """Our error for one of the sandbox's."""
        inner = error.exception()
        if isinstance(error, self._monty.MontyCrashedError):
            return (
                self.too_long()
                if getattr(error, "timed_out", False)
                else ScriptFailed("The script's worker process ended.")
            )
        if isinstance(inner, TimeoutError) and "time limit exceeded" in str(inner):
            return self.too_long()
        line, column = self._innermost(error)
        if isinstance(inner, MemoryError):
            found = ScriptLimit(
                f"The script needs more than {self._limits.memory} MiB of memory.", advice=_more("--memory")
            )
            return self._at(found, line, column)
        if (failed := self._raised.get(str(inner))) is not None:
            failed.place = f"{self._script.name}:{line}"  # type: ignore[attr-defined]
            return failed
        if isinstance(inner, (ModuleNotFoundError, PermissionError)):
            return self._at(ScriptRefused(f"The script may not do this: {inner}."), line, column)
        kind = "" if isinstance(inner, SyntaxError) else f"{type(inner).__name__}: "
        return self._at(ScriptFailed(f"{kind}{inner}"), line, column)

    def _innermost(self, error: MontyError) -> tuple[int, int]:
        frames = error.traceback() if hasattr(error, "traceback") else []
        ours = [frame for frame in frames if frame.filename.startswith("<python-input")]
        return (ours[-1].line, ours[-1].column) if ours else (0, 0)

    def too_long(self) -> ScriptLimit:
        return self._limit(f"The script ran longer than {self._limits.seconds:g} seconds.", "--timeout")

    def _limit(self, message: str, option: str) -> ScriptLimit:
        return self._at(ScriptLimit(message, advice=_more(option)), self._line, 0)

    def _refused(self, message: str) -> ScriptRefused:
        return self._at(
            ScriptRefused(message, advice="It has the connector, its arguments, and modules that compute."),
            self._line,
            1,
        )

    def _at(self, error: Placed, line: int, column: int) -> Placed:
        return placed(error, self._script, line, column)


def _fault(kind: str, message: str) -> Any:
    return {"exc_type": kind, "message": message}


def _more(option: str) -> str:
    return f"Look for a loop that does not end; {option} allows more."


def _monty() -> ModuleType:
    try:
        import pydantic_monty
    except ImportError:
        raise Configuration(
            "Scripts need the extra `scripts`, which is not installed here.",
            advice="Install it beside hubspoke: pip install 'hubspoke[scripts]'",
        ) from None
    return pydantic_monty
