"""Everything Wattest raises on purpose.

::

    WattestError
    ├── DocumentError         a YAML file cannot be used; carries every problem with its place   exit 12
    ├── BenchError            the bench, the suite or the operator failed, never the EVSE        exit 11
    │   ├── InstrumentError   an instrument did not answer, or answered nonsense
    │   ├── RigError          a role played over HTTP, by a program or by hand went wrong
    │   └── RunAborted        the run was stopped from outside                                   exit 2
    ├── StationGone           the EVSE is not connected although the step needs it
    ├── CallTimedOut          the EVSE did not answer a CALL in time
    ├── RecordError           a record is broken, altered or not what it claims                  exit 13
    └── Inconclusive          the evidence cannot decide                                         exit 10
    RequirementFailed         an AssertionError: the EVSE contradicted a requirement             exit 1

``RequirementFailed`` is an ``AssertionError`` so that pytest and Allure tell a charger that failed from a
bench that failed without being taught.
"""

from __future__ import annotations

from dataclasses import dataclass


class WattestError(Exception):
    """Root of all errors that Wattest raises on purpose."""


@dataclass(frozen=True, order=True)
class Place:
    """Where in a file: ``path:line:column``, both counted from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a document: where it stands, the sentence, and the line it stands in."""

    place: Place
    sentence: str
    source: str = ""

    def __str__(self) -> str:
        head = f"{self.place}: {self.sentence}"
        if not self.source:
            return head
        return f"{head}\n    {self.source}\n    {' ' * (self.place.column - 1)}^"


class DocumentError(WattestError):
    """A document cannot be used. ``problems`` holds every mistake found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class BenchError(WattestError):
    """The bench, the suite or the operator failed: the verdict is ``error``, never ``pass`` or ``fail``."""


class InstrumentError(BenchError):
    """An instrument did not answer, refused, or answered what its manual does not allow."""


class RigError(BenchError):
    """A role played over HTTP, by a program or by a person did not do what it was asked."""


class RunAborted(BenchError):
    """The run was stopped from outside. Not a KeyboardInterrupt: allure-pytest would report that as passed."""


class StationGone(WattestError):
    """The EVSE is not connected although the step that is running needs it."""


class CallTimedOut(WattestError):
    """The EVSE did not answer a CALL within its time-out."""


class RecordError(WattestError):
    """A record is broken, altered, or not what it claims to be."""


class Inconclusive(WattestError):
    """The evidence cannot decide: the verdict is ``inconclusive``."""


class RequirementFailed(AssertionError):
    """The EVSE contradicted a requirement: the verdict is ``fail``."""
