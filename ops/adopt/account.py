"""Looks at one account by one file after the other; what was read is not read again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from drift_check import checks
from drift_check.observe.observations import Unknown
from drift_check.observe.observer import OUT_OF_TIME, Observer
from drift_check.scan import Scanner
from ops.adopt.live import Lister
from ops.adopt.survey import survey
from tradai_shared import clock
from tradai_shared.config.build import build
from tradai_shared.config.parameters import with_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from drift_check.observe.observations import Call, Read
    from ops.adopt.model import Survey
    from tradai_shared.config.naming import Environment
    from tradai_shared.config.overrides import OverrideFile

# From the start of one look, whatever a person thinks about between two. The paced calls of 1,200 tables
# take two minutes.
LOOKING_TIME = timedelta(minutes=5)


@dataclass(slots=True)
class RememberingObserver(Observer):
    """Asks each call once, failed ones too: the account is taken to stand still meanwhile.

    Each look begins with its own ``deadline``, after which no call begins.
    """

    known: dict[Call, Read[Any]] = field(default_factory=dict)

    @override
    def _read(self, client: Any, call: Call) -> Read[Any]:
        if call in self.known:
            return self.known[call]
        read = Observer._read(self, client, call)  # noqa: SLF001 - its own base
        if not (isinstance(read, Unknown) and read.code == OUT_OF_TIME):
            self.known[call] = read  # what a look had no time for, the next one asks
        return read


@dataclass(slots=True)
class AccountLook:
    """The function that Dialogue calls ``look``."""

    env: Environment
    client: Callable[[str], Any]
    parameters: Mapping[str, str]
    on_progress: Callable[[int, int], None]
    observer: RememberingObserver = field(init=False)

    def __post_init__(self) -> None:
        self.observer = RememberingObserver(self.client, on_progress=self.on_progress)

    def __call__(self, file: OverrideFile) -> Survey:
        config = build(self.env, with_parameters(file, self.parameters, self.env))
        deadline = self.observer.deadline = clock.now() + LOOKING_TIME
        scan = Scanner(config, checks.ALL, self.observer).scan()
        return survey(config, scan, Lister(config, scan.reads, self.client, deadline))
