"""Reader of accuracy profiles: ``fixtures/profiles``.

::

    profile: hb44_ac
    title: AC energy, acceptance test
    source: NIST Handbook 44 3.40 N.5.1 and T.2
    edition: permanent code of 2023-01-01
    provenance: recalled
    limit: hb44_ac_acceptance
    mmq: hb44_mmq_ac
    rule: hb44
    points:
      low: {current: 6 A, proves: MET-01, note: from 4 A to 10 A}
      high: {share: 100 %, proves: MET-03, note: from 70 % to 100 % of the highest current}
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from wattest.document.decode import Decoder
from wattest.document.node import Document, Fields
from wattest.document.quantity import Current, Percent, Temperature
from wattest.document.reader import read
from wattest.document.signature import Between, Made
from wattest.errors import DocumentError, Problem
from wattest.model.ids import Ids, ids_in
from wattest.model.library import library_folder
from wattest.model.profile import LimitAt, Point, Profile
from wattest.model.requirement import Provenance
from wattest.model.words import LimitId, NewName, RequirementId, RuleId


def _point(
    *,
    current: Current | None = None,
    share: Percent | None = None,
    mmq_times: float = 1.0,
    proves: RequirementId | None = None,
    note: str = "",
) -> Point:
    """One current at which energy is compared.

    Args:
        current: in amperes per phase; or else share
        share: of the rated current of the charger sheet
        mmq_times: how many minimum measured quantities are to flow
        proves: the requirement that the point counts for
        note: what the source allows
    """
    if (current is None) == (share is None):
        raise ValueError("a point has either current, such as '6 A', or share, such as '50 %'")
    if current is not None and current <= 0:
        raise ValueError("current is 0 A; a point needs a load")
    if share is not None and not 0 < share <= 100:
        raise ValueError(f"share is {share:g} %; it lies above 0 % and not above 100 %")
    if mmq_times <= 0:
        raise ValueError(f"mmq_times is {mmq_times:g}; it must be above 0")
    return Point("", current, share, mmq_times, proves, note)


def _limit_at(*, limit: LimitId, from_: Temperature | None = None, to: Temperature | None = None) -> LimitAt:
    """A limit and the air temperatures at which it holds.

    Args:
        limit: id under fixtures/limits
        from_: lowest air temperature, included
        to: highest air temperature, included
    """
    if from_ is not None and to is not None and to <= from_:
        raise ValueError(f"'to' {to:g} degC is not above 'from' {from_:g} degC")
    return LimitAt(limit, from_, to)


def _profile(
    *,
    profile: NewName,
    title: str,
    source: str,
    edition: str,
    provenance: Provenance,
    rule: RuleId,
    points: Mapping[NewName, Annotated[Point, Made(_point)]],
    limit: LimitId | None = None,
    limits: tuple[Annotated[LimitAt, Made(_limit_at)], ...] = (),
    mmq: LimitId | None = None,
    repeats: Annotated[int, Between(3, 100)] = 3,
    repeat_limit: LimitId | None = None,
    note: str = "",
) -> Profile:
    """An accuracy profile: where energy is compared, and how it is decided.

    Args:
        profile: its name, which is that of the file
        title: what it is
        source: standard and clause of the points
        edition: of the source
        provenance: how far the points can be trusted; each limit has a provenance of its own
        rule: id of the decision rule
        points: currents by name, in the order in which they are tried
        limit: id of the one limit, or else limits
        limits: limits by temperature of the air; where two meet the first one holds
        mmq: id of the limit that states the minimum measured quantity
        repeats: runs in a row for repeatability
        repeat_limit: id of the limit on the range of their errors
        note: anything a reader of a report should know
    """
    if (limit is None) == (not limits):
        raise ValueError("a profile has either limit, or limits by temperature")
    if not points:
        raise ValueError("a profile needs at least one point")
    return Profile(
        id=profile,
        title=title,
        source=source,
        edition=edition,
        provenance=provenance,
        limits=limits if limit is None else (LimitAt(limit),),
        rule=rule,
        points=tuple(replace(point, id=name) for name, point in points.items()),
        mmq=mmq,
        repeats=repeats,
        repeat_limit=repeat_limit,
        note=note,
    )


PROFILE = Made(_profile)


def profile_of(document: Document, known: Mapping[str, Collection[str]] | None = None) -> Profile:
    """The profile in a document; adds what is wrong to its problems and raises ``DocumentError``.

    ``known`` holds the ids of limits, rules and requirements, by default those that come with Wattest.
    """
    profile = Decoder(document.problems, known or library_words()).make(document.root, PROFILE)
    document.problems.stop_if_any()
    assert isinstance(profile, Profile)
    return profile


def library_words() -> dict[str, Collection[str]]:
    """Ids that come with Wattest, gathered when somebody asks for one."""
    fixtures = library_folder("fixtures")
    return {
        "limit": Ids(lambda: ids_in(fixtures / "limits", "limits")),
        "rule": Ids(lambda: ids_in(fixtures / "limits", "decision_rules")),
        "requirement": Ids(lambda: ids_in(fixtures / "requirements", "requirements")),
    }


def read_profiles(folder: str | os.PathLike[str] | None = None) -> dict[str, Profile]:
    """All profiles of a folder by name; without a folder, those that come with Wattest.

    Raises ``DocumentError`` with the problems of all files, also when a name is not that of its file.
    """
    found: dict[str, Profile] = {}
    problems: list[Problem] = []
    known = library_words()
    for path in sorted(Path(folder or library_folder("fixtures") / "profiles").glob("*.yaml")):
        try:
            document = read(path)
            profile = profile_of(document, known)
            assert isinstance(document.root, Fields)
            name = document.root.get("profile")
            if profile.id != path.stem and name is not None:
                document.problems.add(
                    name, f"the profile '{profile.id}' stands in {path.name}; name the file {profile.id}.yaml"
                )
            document.problems.stop_if_any()
        except DocumentError as error:
            problems += error.problems
            continue
        found[profile.id] = profile
    if problems:
        raise DocumentError(tuple(problems))
    return found
