"""What a report shows: frozen data taken from a record, the only thing that templates and writers see.

Times are seconds on the clock of the bench, since the run began, unless a name says UTC. Texts are those of the
record with secrets hidden, and none is HTML. What the record states in both languages stands here in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

from wattest.judge.kpis import Kpis
from wattest.judge.session_table import SessionRow

VERDICTS: tuple[str, ...] = ("fail", "error", "inconclusive", "not tested", "pass", "not applicable")
"""In the order in which a reader should see them."""

SYMBOLS: Mapping[str, str] = {
    "pass": "\u2713",
    "fail": "\u2717",
    "inconclusive": "?",
    "error": "!",
    "not applicable": "\u2013",
    "not tested": "\u25cb",
}
"""A verdict is never told by colour alone (WCAG 2.1, 1.4.1): each has a sign and a word too."""


@dataclass(frozen=True)
class LimitLine:
    """A limit as the record's header states it."""

    id: str
    value: str
    unit: str
    source: str
    provenance: str


@dataclass(frozen=True)
class Measured:
    """One figure that a check held against a bound; ``expanded`` is U = k u in the same unit."""

    what: str
    value: Any
    unit: str
    expanded: Any
    k: Any
    bound: Literal["at most", "at least", "between", "plus or minus", "equal", "within"]
    limit: Any
    limit_unit: str
    source: str
    provenance: str
    band: str
    outcome: str
    requirements: tuple[str, ...]
    evidence: tuple[int, ...]
    seq: int
    parts: tuple[tuple[str, Any, str], ...] = ()
    """What the figure was made of, with units: reported and reference energy, the lines of a bill."""
    budget: tuple[tuple[str, float], ...] = ()
    """Standard uncertainties by name, in ``unit``."""
    chance: float | None = None
    """Probability that the true value keeps the limit (JCGM 106)."""
    simple: str = ""
    """What simple acceptance would say, where that differs from the outcome."""
    screening: bool = False
    """Passed against an unverified limit: that screens, it does not certify."""


@dataclass(frozen=True)
class Check:
    """One judgement: rule, outcome, sentence, and the entries that prove it."""

    seq: int
    name: str
    rule: str
    requirements: tuple[str, ...]
    outcome: str
    sentence: str
    evidence: tuple[int, ...]
    band: str
    monitor: str
    step: int | None


@dataclass(frozen=True)
class Step:
    """One step of a scenario with what came of it; ``outcome`` is ``aborted`` when the record breaks off in it."""

    index: int
    """Counted from 1 as in the file; 0 is getting ready, before the first step."""
    verb: str
    text: str
    place: str
    outcome: str
    sentence: str
    begin: float
    end: float
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Reading:
    """One value of an instrument; ``expanded`` is U for k = 2, None when nobody knows it."""

    seq: int
    at: float
    name: str
    role: str
    value: Any
    unit: str
    expanded: float | None
    flags: tuple[str, ...]
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """All readings of one quantity of an attempt, in figures."""

    name: str
    role: str
    unit: str
    count: int
    first: Any
    last: Any
    least: Any
    most: Any
    expanded: float | None
    flags: tuple[str, ...]
    seqs: tuple[int, ...]


@dataclass(frozen=True)
class Line:
    """One line of an exchange: a message, something about the link, or what the bench did.

    ``skipped`` counts the lines left out just before this one; ``cited`` says that a failed check points here.
    """

    seq: int
    at: float
    sender: Literal["evse", "csms", "link", "bench"]
    word: Literal["call", "result", "error", "undecoded", "link", "action", "fault", "heal"]
    action: str
    fields: tuple[tuple[str, str], ...]
    more: int
    violations: tuple[str, ...]
    cited: bool
    skipped: int = 0
    answered: bool = False
    """Its answer came next and was empty, so it has no line of its own."""


@dataclass(frozen=True)
class Exchange:
    """What passed between EVSE and CSMS around what went wrong; ``after`` counts lines left out at the end."""

    lines: tuple[Line, ...]
    after: int


@dataclass(frozen=True)
class Series:
    """A quantity over time; ``thinned`` says that only the lowest and highest of each stretch are kept."""

    role: str
    """The part of the bench that measured it, or ``evse`` for what the charger stated."""
    name: str
    unit: str
    points: tuple[tuple[float, float], ...]
    total: int
    thinned: bool


@dataclass(frozen=True)
class Session:
    """Power and temperature over an attempt, with the transactions and steps to mark."""

    begin: float
    end: float
    series: tuple[Series, ...]
    transactions: tuple[tuple[str, float, float | None], ...]
    steps: tuple[tuple[int, float], ...]
    closeup: Session | None = None
    """The transactions alone, when they are a small part of the whole, as after a soak."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at one scenario on one dialect."""

    anchor: str
    key: str
    id: str
    title: str
    title_fr: str
    area: str
    dialect: str
    number: int
    covers: tuple[str, ...]
    parameters: Mapping[str, str]
    path: str
    sha256: str
    verdict: str
    sentence: str
    begin: float
    end: float
    begin_utc: str
    end_utc: str
    finished: bool
    stands: bool
    """False when it was tried again and the later attempt counts instead."""
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    verdicts: tuple[tuple[str, str, str], ...]
    """Requirement, verdict and sentence."""
    measured: tuple[Measured, ...]
    readings: tuple[Reading, ...]
    summaries: tuple[Summary, ...]
    exchange: Exchange | None
    session: Session | None
    seqs: tuple[int, int]
    """First and last entry."""

    @property
    def monitors(self) -> tuple[Check, ...]:
        """Checks that no step made, those that did not pass first."""
        found = (check for check in self.checks if check.monitor or check.step is None)
        return tuple(sorted(found, key=lambda check: check.outcome == "pass"))


@dataclass(frozen=True)
class Cell:
    """One requirement on one dialect."""

    dialect: str
    verdict: str
    sentence: str
    anchors: tuple[str, ...]
    evidence: tuple[int, ...]
    failed: bool = False
    """A scenario failed here although the verdict is a worse one."""
    screening: bool = False


@dataclass(frozen=True)
class RequirementRow:
    """One requirement on every dialect of the run.

    ``verdict`` is ``fail`` when any dialect failed, else the worst of what was tested, and ``not tested`` only when
    no dialect was: a run that left out one dialect says so in that dialect's cell.
    """

    id: str
    text: str
    text_fr: str
    criterion: str
    criterion_fr: str
    source: str
    provenance: str
    level: str
    limits: tuple[LimitLine, ...]
    verdict: str
    cells: tuple[Cell, ...]

    @property
    def area(self) -> str:
        """The part of the id before the number: ``MET`` of ``MET-01``."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class NotTested:
    """What was left out and why; ``dialects`` are those on which it was."""

    key: str
    title: str
    title_fr: str
    dialects: tuple[str, ...]
    requirements: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Standing:
    """How the record stands to one level of certification; the numbers count requirements."""

    id: str
    title: str
    title_fr: str
    text: str
    text_fr: str
    standing: str
    required: int
    passed: int
    screened: int
    held: int


@dataclass(frozen=True)
class Lacking:
    """One requirement that is not passed whole; ``level`` is the id of the lowest level that asks for it, or empty."""

    id: str
    text: str
    text_fr: str
    criterion: str
    criterion_fr: str
    rank: str
    level: str
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """One requirement that serves a demand, and how it stands; ``screening`` says that it passed by screening only."""

    id: str
    text: str
    text_fr: str
    criterion: str
    criterion_fr: str
    verdict: str
    screening: bool


@dataclass(frozen=True)
class Absent:
    """One thing that is missing for a demand.

    ``name`` is the title of a document, the id of a checklist item as ``wattest evidence --only`` takes it, or the id of a
    scenario; empty for what is planned and for the rest, whose reasons stand with their requirements.
    """

    kind: Literal["paper", "item", "scenario", "planned", "rest"]
    name: str
    name_fr: str
    requirements: tuple[str, ...]


@dataclass(frozen=True)
class DemandRow:
    """One demand of a host, T01 to T23, with the requirements that serve it."""

    id: str
    text: str
    text_fr: str
    served: tuple[Served, ...]
    absent: tuple[Absent, ...] = ()


@dataclass(frozen=True)
class Signed:
    """A question of the checklist that was answered, or a document that was handed in; who signed, when, entry."""

    name: str
    name_fr: str
    said: str
    said_fr: str
    by: str
    at: str
    seq: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Safe:
    """A part of the bench that was made safe, as often as the same was said of it."""

    role: str
    ok: bool
    sentence: str
    confirmed_by: str
    seqs: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """A whole record, ready to be shown."""

    id: str
    version: str
    format: str
    started: str
    """When the run began, by the wall clock of the computer; empty when the record does not say."""
    begin_utc: str
    end_utc: str
    duration_s: float
    sealed: bool
    faults: tuple[str, ...]
    """What is wrong with the record; empty for a whole one."""
    head: str
    entries: int
    seed: str
    dialects: tuple[str, ...]
    defects: tuple[str, ...]
    """Deliberate defects that were switched on in the simulated charger."""
    charger: Mapping[str, Any]
    bench: Mapping[str, Any]
    rule: Mapping[str, Any]
    requirements: tuple[RequirementRow, ...]
    attempts: tuple[Attempt, ...]
    not_tested: tuple[NotTested, ...]
    aborted: tuple[str, ...]
    resumed: int
    safe: tuple[Safe, ...]
    identities: Mapping[str, tuple[str, int]]
    """What each instrument answered to ``*IDN?``, by role, and the entry."""
    prompts: tuple[tuple[str, str, str, int], ...]
    """Question, answer, who answered, entry."""
    path: str = ""
    """Where the record was read from."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Requirements per verdict, every verdict present."""
    levels: tuple[Standing, ...] = ()
    """The lowest first; empty when the record states none."""
    aimed: str = ""
    """Id of the level that the run was for."""
    reached: str = ""
    """Id of the highest level that stands, certified or screened."""
    lacking: tuple[Lacking, ...] = ()
    demands: tuple[DemandRow, ...] = ()
    signed: tuple[Signed, ...] = ()
    sessions: tuple[SessionRow, ...] = ()
    """Every session of the run, once."""
    kpis: Kpis | None = None
    """None when nobody tried to charge."""
    french: Mapping[str, str] = field(default_factory=dict)
    """Why something is missing, by its English sentence, where the record states the French."""
    story: tuple[str, ...] = ()
    """What happened to the bench since the run before: closed, made safe by its watchdog, acknowledged by a person."""

    def level(self, id_: str) -> Standing | None:
        """The level of that id."""
        return next((level for level in self.levels if level.id == id_), None)

    @property
    def file(self) -> str:
        """Name of the file of the record, without its folder."""
        return PurePath(self.path).name

    @property
    def simulated(self) -> bool:
        """No physical charger was tested."""
        return self.bench.get("kind") != "live"

    @property
    def without_relay(self) -> bool:
        """A live bench without a relay that drops when the runner falls silent."""
        return not self.simulated and not self.bench.get("dead_man_relay")

    @property
    def partly(self) -> int:
        """Requirements that were tested, though not on every dialect."""
        return sum(
            row.verdict != "not tested" and any(cell.verdict == "not tested" for cell in row.cells)
            for row in self.requirements
        )

    @property
    def whole(self) -> bool:
        """Sealed, and nothing wrong with it."""
        return self.sealed and not self.faults

    @property
    def screening(self) -> int:
        """Requirements that passed against an unverified limit only for screening."""
        return sum(
            row.verdict == "pass" and any(cell.screening for cell in row.cells) for row in self.requirements
        )

    @property
    def verdict(self) -> str:
        """The worst verdict of all requirements that were tested; ``not tested`` when none was."""
        for verdict in ("fail", "error", "inconclusive", "pass"):
            if self.counts.get(verdict):
                return verdict
        return "not tested"
