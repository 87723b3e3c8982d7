"""What an execution environment is to the code that runs in it, made for a process that several share."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.aws.lambda_service import Invocation
    from simulator.aws.sam_template import Function
    from simulator.engine.virtual_clock import Process, VirtualClock


def handler_of(function: Function) -> Callable[[Any, Any], object]:
    """Import the handler that the template names, with empty caches, as in a new execution environment."""
    module_name, name = function.handler.rsplit(".", 1)
    module = importlib.import_module(module_name)
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()
    handler: Callable[[Any, Any], object] = getattr(module, name)
    return handler


class _Turn:
    """What an execution environment has of its own: swapped in as its process gets the turn, and out again.

    In Lambda no two invocations share a process. Here they share standard output, and Powertools keeps
    metrics at the class.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._stdout: Any = self

    def swap(self, process: Process) -> None:
        invocation: Invocation | None = process.owner
        if invocation is None:
            return
        sys.stdout, self._stdout = self._stdout, sys.stdout
        shared = (Metrics._metrics, Metrics._dimensions, Metrics._metadata, Metrics._default_dimensions)
        own, invocation.memory = invocation.memory, tuple(dict(part) for part in shared)
        for part, content in zip(shared, own, strict=True):
            part.clear()
            part.update(content)

    def write(self, text: str) -> int:
        """Standard output, and where Powertools logs to."""
        process = self._clock.running
        written: int = process.owner.output.write(text) if process and process.owner else len(text)
        return written

    def flush(self) -> None:
        """Nothing is held back."""


@contextmanager
def environment(clock: VirtualClock, variables: dict[str, str]) -> Iterator[None]:
    """What an execution environment is to its code: variables, output, and a memory of its own."""
    turn = _Turn(clock)
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, variables))
        for handler in _powertools_handlers():
            stack.enter_context(patch.object(handler, "stream", turn))  # setStream would flush a closed one
        clock.on_turn.append(turn.swap)
        stack.callback(clock.on_turn.remove, turn.swap)
        yield


def _powertools_handlers() -> list[logging.StreamHandler[Any]]:
    """Each holds the standard output of the moment when it was made."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    return [
        handler
        for logger in loggers
        for handler in logger.handlers
        if isinstance(handler.formatter, LambdaPowertoolsFormatter)
        and isinstance(handler, logging.StreamHandler)
    ]
