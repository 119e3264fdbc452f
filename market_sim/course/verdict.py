"""The verdict on one answer: points and reasons of its checks, with its presentations (terminal, JSON, Gradescope)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from market_sim.core.invocation import python
from market_sim.course.isolation.problems import LOADING, Status

DECIMALS = 2
MOST_CREDIT = 0.6
"""The largest part of the points that count as long as a check fails."""
NOT_CHARGED = "this check is at fault itself, not your answer; it does not count"


@dataclass(frozen=True)
class CheckVerdict:
    """One check: points, status, and one sentence of reason."""

    name: str
    title: str
    """The claim of the check: the first line of its docstring."""
    task: int
    points: float
    earned: float
    status: Status
    reason: str = ""
    hint: str = ""
    visible: bool = True
    seed: int | None = None
    """The seed of the check's run, if it has one."""
    replay: str = ""
    """The folder of the stored run; `event` is the number of the event to look at."""
    event: int | None = None
    again: str = ""
    """The command that repeats this check alone."""
    seconds: float = 0.0
    printed: str = ""
    """What the student's code printed during this check."""

    def uncounted(self) -> CheckVerdict:
        """The same check as a broken one, without points."""
        reason = self.reason if self.status == "broken check" else NOT_CHARGED
        return replace(self, status="broken check", points=0, earned=0, reason=reason, hint="")

    @property
    def page(self) -> str:
        """The page of the site that opens the replay at the event; "" without a replay."""
        at = f"?event={self.event}" if self.event is not None else ""
        return f"/runs/{Path(self.replay).name}{at}" if self.replay else ""

    @property
    def site(self) -> str:
        """The command that starts the site with this page."""
        folder = Path(self.replay).parent
        return python("serve", *([] if folder == Path("results") else ["--out", folder.as_posix()]))


@dataclass(frozen=True)
class Announced:
    """The number and points of the checks that a student cannot see."""

    checks: int = 0
    points: float = 0


@dataclass(frozen=True)
class Verdict:
    """All checks of one lesson on one answer."""

    lesson: str
    title: str
    isolation: str
    level: str
    checks: tuple[CheckVerdict, ...] = ()
    announced: Announced = field(default_factory=Announced)
    practice: bool = False
    """Whether the code ran inside the grader, which makes this practice and no grade."""
    possible: float = 0
    """The points of the visible checks, as the lesson states them."""
    trouble: str = ""
    """Why there is no verdict on the checks, for example because the answer is missing."""

    @property
    def visible(self) -> tuple[CheckVerdict, ...]:
        """The visible checks."""
        return tuple(check for check in self.checks if check.visible)

    @property
    def hidden(self) -> tuple[CheckVerdict, ...]:
        """The hidden checks, which only the instructor has."""
        return tuple(check for check in self.checks if not check.visible)

    @property
    def earned(self) -> float:
        """The points of all checks together."""
        return total(check.earned for check in self.checks)

    @property
    def score(self) -> float:
        """The points that count."""
        return credit(self.checks)

    @property
    def maximum(self) -> float:
        """All points that can be earned with these checks."""
        return total(check.points for check in self.checks) if self.checks else self.possible

    @property
    def passed(self) -> bool:
        """Whether every check that counts gave all its points."""
        counted = [check for check in self.checks if check.status != "broken check"]
        return bool(counted) and not self.trouble and all(check.status == "passed" for check in counted)

    @property
    def public(self) -> Verdict:
        """The verdict for the student: of hidden checks only their number and points."""
        if not self.hidden:
            return self
        told = Announced(len(self.hidden), total(check.points for check in self.hidden))
        return replace(self, checks=self.visible, announced=told)

    @property
    def common_reason(self) -> str:
        """The common reason of all visible checks when an answer cannot be loaded; "" otherwise."""
        reasons = {check.reason for check in self.visible}
        [reason] = reasons if len(reasons) == 1 else [""]
        return reason if reason.startswith(LOADING) and len(self.visible) > 1 else ""

    @property
    def status(self) -> str:
        """One word for the whole answer."""
        if self.trouble:
            return "no verdict"
        for worst in ("protocol error", "crashed", "time limit"):
            if any(check.status == worst for check in self.checks):
                return worst
        return "passed" if self.passed else "partial" if self.score else "failed"

    def summary(self) -> str:
        """The last line: results of the public checks. It never claims that an answer is right."""
        if self.trouble:
            return self.trouble
        right = sum(check.status == "passed" for check in self.visible)
        earned, possible = total(c.earned for c in self.visible), total(c.points for c in self.visible)
        counted = credit(self.visible)
        said = f"public checks {right}/{len(self.visible)}, {number(counted)} of {number(possible)} points"
        if counted < earned:
            said += (
                f" ({number(earned)} were earned, but as long as a check fails at most {100 * MOST_CREDIT:.0f} % count)"
            )
        told = self.public.announced
        if told.checks:
            checks = f"{told.checks} more check{'' if told.checks == 1 else 's'}"
            return said + f"; {checks}, {number(told.points)} points, run at grading, on other seeds"
        return said + "; your instructor may run more checks at grading, on other seeds"


def credit(checks: Sequence[CheckVerdict]) -> float:
    """The points of these checks; as long as one of them is not passed, at most a part of what they can give.

    What is wrong in one case of a hundred is wrong, although it passes nearly all checks.
    """
    earned = total(check.earned for check in checks)
    if all(check.status in ("passed", "broken check") for check in checks):
        return earned
    return min(earned, round(MOST_CREDIT * total(check.points for check in checks), DECIMALS))


def total(points: Iterable[float]) -> float:
    """A sum of points without rounding errors of binary fractions."""
    return round(float(sum(Fraction(str(one)) for one in points)), DECIMALS)


def number(points: float) -> str:
    """Points as text: 4, 2.5, 1.33."""
    return f"{points:.{DECIMALS}f}".rstrip("0").rstrip(".")


def written(verdict: Verdict) -> str:
    """A verdict as JSON."""
    return json.dumps(asdict(verdict), indent=1, sort_keys=True) + "\n"


def read(text: str) -> Verdict:
    """The verdict in a JSON text that `written` made."""
    value: dict[str, Any] = json.loads(text)
    checks = tuple(CheckVerdict(**check) for check in value.pop("checks"))
    return Verdict(checks=checks, announced=Announced(**value.pop("announced")), **value)


def lines(verdict: Verdict, width: int = 100) -> list[str]:
    """A verdict as lines for a terminal."""
    shown = [f"{verdict.lesson}: {verdict.title}"]
    common = verdict.common_reason
    shown += [f"  {common}"] if common else []
    for check in verdict.visible:
        shown += _check_lines(check, width, once=bool(common))
    shown += [f"          hint: {check.hint}" for check in verdict.hidden if check.hint and check.status != "passed"]
    shown += ["", verdict.summary()]
    if verdict.practice:
        shown.append("practice, not a grade")
    return [*shown, f"isolation {verdict.isolation}"]


def _check_lines(check: CheckVerdict, width: int, once: bool) -> list[str]:
    """The lines of one check; with `once`, without the reason that all checks share."""
    points = f"{number(check.earned):>4}/{number(check.points)}"
    shown = [f"  task {check.task}  {check.title:<{width - 40}} {points:<8} {check.status}"]
    if check.status == "passed" or once:
        return shown
    told = [
        check.reason,
        f"hint: {check.hint}" if check.hint else "",
        f"seed {check.seed}" if check.seed is not None else "",
        f"replay: {check.page} (shown by: {check.site})" if check.replay else "",
        f"again: {check.again}" if check.again else "",
        f"printed: {check.printed.strip().splitlines()[-1][:width]}" if check.printed.strip() else "",
    ]
    return shown + [f"          {line}" for line in told if line]


GRADESCOPE_STATUS = {"passed": "passed"}


def gradescope(verdict: Verdict, seconds: float, extra: dict[str, Any]) -> dict[str, Any]:
    """A verdict in the results format of Gradescope's autograder; of hidden checks students see only hints."""
    return {
        "score": verdict.score,
        "execution_time": round(seconds, 2),
        "output": verdict.public.summary(),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_gradescope_test(check) for check in verdict.checks],
        "extra_data": {**extra, "verdict": json.loads(written(verdict))},
    }


def _gradescope_test(check: CheckVerdict) -> dict[str, Any]:
    said = [check.reason] if check.visible and check.reason else []
    if check.hint and check.status != "passed":
        said.append(f"hint: {check.hint}")
    return {
        "name": check.title or check.name,
        "score": check.earned,
        "max_score": check.points,
        "status": GRADESCOPE_STATUS.get(check.status, "failed"),
        "visibility": "visible" if check.visible else "after_published",
        "output": "\n".join(said),
        "output_format": "text",
        "tags": [f"task-{check.task}", check.status],
    }
