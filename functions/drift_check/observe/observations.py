"""One reading of AWS: each call known or unknown on its own, so that a failure costs only what needs it."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter, itemgetter, methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from drift_check.findings import UNREADABLE
from tradai_shared.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    ApiObject: TypeAlias = dict[str, Any]  # as AWS describes it
    T = TypeVar("T")
    U = TypeVar("U")
    Read: TypeAlias = "Known[T] | Unknown"

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A read: the action as IAM spells it, and what it is asked about."""

    action: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """What AWS answered; ``sources`` are the calls that it rests on."""

    value: T_co
    sources: frozenset[Call] = frozenset()

    def map(self, change: Callable[[T_co], U]) -> Read[U]:
        """The changed value; unknown where the answer has another form than ``change`` expects."""
        try:
            return Known(change(self.value), self.sources)
        except UNREADABLE as error:
            return self._unreadable(error)

    def map_present(self, change: Callable[[Any], U]) -> Read[U | None]:
        """As ``map``, where there is a value; None stays None."""
        return Known(None, self.sources) if self.value is None else self.map(change)

    def item(self, key: str) -> Read[Any]:
        """The value under a key that AWS always gives; None without an object."""
        return self.map_present(itemgetter(key))

    def get(self, key: str, default: object = None) -> Read[Any]:
        """The value under a key, the default where AWS leaves it out; None without an object."""
        return self.map_present(methodcaller("get", key, default))

    def value_or(self, default: object) -> T_co:  # noqa: ARG002 - as Unknown's
        """The value."""
        return self.value

    def flat_map(self, ask: Callable[[T_co], Read[U]]) -> Read[U]:
        """Another reading, which ``ask`` chooses by this value."""
        try:
            read = ask(self.value)
        except UNREADABLE as error:
            return self._unreadable(error)
        return Known(read.value, self.sources | read.sources) if isinstance(read, Known) else read

    def _unreadable(self, error: Exception) -> Unknown:
        call = min(self.sources, default=Call("an answer"))
        return Unknown(call, printable(f"an answer of an unexpected form: {type(error).__name__}: {error}"))


@dataclass(frozen=True, slots=True)
class Unknown:
    """A call that failed: nothing may be concluded from it."""

    call: Call
    code: str

    @property
    def sources(self) -> frozenset[Call]:
        """The call that failed."""
        return frozenset({self.call})

    def map(self, change: object) -> Unknown:  # noqa: ARG002 - as Known's
        """Returns self: no value to map, to look into or to ask with."""
        return self

    map_present = item = flat_map = map  # noqa: A003 - this class's own

    def get(self, key: str, default: object = None) -> Unknown:  # noqa: ARG002 - as Known's
        """Returns self as well."""
        return self

    def value_or(self, default: U) -> U:
        """The default: no value is known."""
        return default


NOT_ASKED = "NotAsked"


@dataclass(frozen=True, slots=True)
class Reads:
    """Everything that one run read, by call. A resource that does not exist is Known(None)."""

    answers: Mapping[Call, Read[Any]]

    def get(self, action: str, subject: str = "") -> Read[Any]:
        call = Call(action, subject)
        return self.answers.get(call, Unknown(call, NOT_ASKED))

    def unknown(self) -> list[Unknown]:
        return sorted(
            [read for read in self.answers.values() if isinstance(read, Unknown)], key=attrgetter("call")
        )


def combined(change: Callable[..., T], *reads: Read[Any]) -> Read[T]:
    """What ``change`` makes of the values of several readings; the first unknown one where any is."""
    for read in reads:
        if isinstance(read, Unknown):
            return read
    values = Known([read.value_or(None) for read in reads], all_sources(reads))
    return values.map(lambda values: change(*values))


def all_sources(reads: Iterable[Read[Any]]) -> frozenset[Call]:
    return frozenset().union(*[read.sources for read in reads])


def joined(*reads: Read[list[T]]) -> Read[list[T]]:
    """Several lists as one; unknown where any is."""
    return combined(lambda *lists: [element for each in lists for element in each], *reads)


def first_known(*reads: Read[T]) -> Read[T]:
    """The first observation that did not fail, of several with the same information."""
    return next((read for read in reads if isinstance(read, Known)), reads[0])
