"""The main program of the student's process: it loads one answer, executes requests, and sends one reply to each.

It is started as `python -I -S child.py IN OUT` with the numbers of two pipes. No installed package can be imported; of
`market_sim` an answer sees the modules in `OPEN`, which need only the standard library. Books, accounts, checks and
points are at the other end of the pipes.
"""

from __future__ import annotations

# Few imports: the process is started for each check, and imports take half of its time.
import importlib
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

OPEN = {
    "market_sim.core.errors": "core/errors.py",
    "market_sim.core.money": "core/money.py",
    "market_sim.core.randomness": "core/randomness.py",
    "market_sim.core.models.intents": "course/student_side/intents.py",
    "market_sim.market.agents.past": "market/agents/past.py",
    "market_sim.market.agents.reports": "market/agents/reports.py",
    "market_sim.market.agents.view": "market/agents/view.py",
    "market_sim.market.agents.strategy": "market/agents/strategy.py",
    "market_sim.course.student_side.signatures": "course/student_side/signatures.py",
    "market_sim.course.student_side.snapshot": "course/student_side/snapshot.py",
    "market_sim.course.student_side.wire": "course/student_side/wire.py",
}
"""The modules of `market_sim` that an answer can import, with their files."""

FOLDERS = {".".join(name.split(".")[:depth]) for name in OPEN for depth in range(1, name.count(".") + 1)}
"""The parent packages of these modules, which are empty in this process."""

SHORT_NAMES = {
    "market_sim.core.models.intents": (
        "BUY SELL Amend Buy CallContract Cancel CancelAll Claim Deposit Exercise Merge PlaceOrder Resolve Sell Split "
        "Withdraw"
    ),
    "market_sim.core.money": "cents dollars",
    "market_sim.market.agents.strategy": "OnQuote OnReport OnTrade Strategy WakeAt",
    "market_sim.market.agents.view": "InstrumentView View",
}
"""The names that `from market_sim import ...` offers to an answer."""


class OpenModules:
    """An import finder for the modules in `OPEN`, which refuses all other modules of `market_sim`."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """The specification of a module; None for modules that are not ours."""
        if fullname in OPEN:
            file = os.path.join(PACKAGE, OPEN[fullname])
            return ModuleSpec(fullname, SourceFileLoader(fullname, file), origin=file)
        if fullname in FOLDERS:
            return ModuleSpec(fullname, self, is_package=True)  # type: ignore[arg-type]
        if fullname.partition(".")[0] == "market_sim":
            raise ModuleNotFoundError(f"{fullname} cannot be used in an answer; there is {', '.join(sorted(OPEN))}")
        return None

    def create_module(self, spec: Any) -> None:
        """Use the default module."""

    def exec_module(self, module: ModuleType) -> None:
        """Leave packages empty, except for the short names of `market_sim` itself."""
        if module.__name__ == "market_sim":
            module.__dict__["__getattr__"] = _short_name


def _short_name(name: str) -> Any:
    for module, names in SHORT_NAMES.items():
        if name in names.split():
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"an answer cannot use market_sim.{name}; there is {' '.join(SHORT_NAMES.values())}")


class Answer:
    """The student's module and the objects created from it."""

    def __init__(self) -> None:
        self.module = ModuleType("answer")
        self.file = ""
        self.objects: list[Any] = []
        self.snapshots: dict[int, Any] = {}
        self.asked: Any = None
        """The last function or class of the answer that was called."""

    def obey(self, message: dict[str, Any]) -> Any:
        """Execute a request; returns the value for the reply."""
        deeds: dict[str, Callable[..., Any]] = {
            "start": self.start, "call": self.call, "make": self.make, "introduce": self.introduce, "event": self.event,
            "end": lambda message: None,
        }  # fmt: skip
        return deeds[message["do"]](message)

    def start(self, message: dict[str, Any]) -> None:
        """Load the answer."""
        self.file = message["shown_as"]
        with open(message["file"], "rb") as file:
            source = file.read()
        self.module.__file__ = self.file
        sys.modules["answer"] = self.module
        # Running the student's file is the purpose of this process.
        exec(compile(source, self.file, "exec"), self.module.__dict__)  # noqa: S102

    def call(self, message: dict[str, Any]) -> Any:
        """Call a function of the answer, or a method of one of its objects."""
        owner = self.module if message["on"] is None else self.objects[message["on"]]
        return self._found(owner, message["name"])(*message["arguments"], **message["keywords"])

    def make(self, message: dict[str, Any]) -> int:
        """Create an object of a class of the answer; returns its number."""
        made = self._found(self.module, message["name"])(*message["arguments"], **message["keywords"])
        self.objects.append(made)
        return len(self.objects) - 1

    def introduce(self, message: dict[str, Any]) -> dict[str, Any]:
        """The events that a strategy wakes up for, and the parameters that it was made with."""
        from market_sim.market.agents.strategy import plain_parameters

        strategy = self.objects[message["on"]]
        self.asked = getattr(strategy, "wakes", None)
        return {"wakes": list(self.asked() if self.asked else ()), "parameters": plain_parameters(strategy)}

    def event(self, message: dict[str, Any]) -> list[Any]:
        """Let a strategy decide on the new view."""
        from market_sim.course.student_side.snapshot import Snapshot

        number = message["on"]
        snapshot = self.snapshots.get(number)
        if snapshot is None:
            snapshot = self.snapshots[number] = Snapshot(message["luck"])
        snapshot.update(message["seen"])
        return list(self.objects[number].decide(snapshot.view) or ())

    def _found(self, owner: Any, name: str) -> Any:
        found = getattr(owner, name, None)
        if found is None:
            where = self.file if owner is self.module else type(owner).__name__
            raise NameError(f"{where} has no {name}")
        self.asked = found
        return found

    def described(self, error: BaseException) -> dict[str, Any]:
        """An exception as its type, the first line of its message, and the line of the answer."""
        if isinstance(error, SyntaxError):
            line, said = error.lineno, error.msg
        else:
            line, said, trace = None, str(error), error.__traceback__
            while trace is not None:
                if trace.tb_frame.f_code.co_filename == self.file:
                    line = trace.tb_lineno
                trace = trace.tb_next
            if line is None:
                # No line of the answer ran: the arguments do not fit, or the result cannot be sent.
                code = getattr(self.asked, "__code__", None)
                line = code.co_firstlineno if code is not None and code.co_filename == self.file else None
        return {"type": type(error).__name__, "said": (said.splitlines() or [""])[0][:500], "line": line}


def frozen_in_use() -> dict[str, Any]:
    """The frozen values of ours that can be sent; none before the answer has imported them."""
    intents = sys.modules.get("market_sim.core.models.intents")
    strategy = sys.modules.get("market_sim.market.agents.strategy")
    kinds = (intents.Conditions, *intents.Intent.__args__) if intents else ()
    wakes = (strategy.WakeAt, *strategy.Waking.__args__) if strategy and hasattr(strategy, "Waking") else ()
    return {kind.__name__: kind for kind in (*kinds, *wakes)}


def main(incoming: int, outgoing: int) -> None:
    """Read requests, execute them and reply, until the pipe is closed."""
    sys.meta_path.insert(0, OpenModules())
    from market_sim.course.student_side.wire import LONGEST_LINE, decode, encode, line_of, message_in

    answer = Answer()
    with os.fdopen(incoming, "rb") as messages:
        while line := messages.readline(LONGEST_LINE + 1):
            message = decode(message_in(line), frozen_in_use())
            reply: dict[str, Any] = {"number": message["number"]}
            try:
                said = line_of({**reply, "value": encode(answer.obey(message), frozen_in_use())})
            except Exception as error:
                said = line_of({**reply, "error": answer.described(error)})
            os.write(outgoing, said)
            if message["do"] == "end":
                return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
