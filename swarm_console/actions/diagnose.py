"""Diagnosing any log without a swarm: what failed, the proof with its place, and what cures it."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen
    from swarm_node.model.failure import Rule
    from swarm_node.model.work import Diagnosis


def diagnose(swarm: Swarm, params: Params) -> Outcome:
    """One object a file; exit code 1 when one cannot be read. Raises: Usage naming a rule that is wrong."""
    from swarm_console.errors import Usage, explained
    from swarm_console.logs.rules import rules

    if not params["file"]:
        raise Usage("no log is named", "swarm-console --run diagnose FILE, - for standard input")
    known = rules()
    found: list[dict[str, Any]] = []
    for name in params["file"]:
        try:
            found.append(_diagnosed(name, known, params["phase"]))
        except OSError as error:
            found.append({"file": name, **explained(error)[0]})
    return Outcome(found, 1 if any("error" in each for each in found) else 0)


def _diagnosed(name: str, rules: tuple[Rule, ...], phase: str) -> dict[str, Any]:
    """Raises: OSError with the file's name."""
    import sys

    from swarm_node.model.circumstances import Circumstances
    from swarm_node.model.diagnosis import diagnose, package
    from swarm_node.model.excerpt import excerpt

    try:
        if name == "-":
            log = excerpt(_pieces(sys.stdin.buffer))
        else:
            with open(name, "rb") as file:  # noqa: PTH123  (a name from the command line, as it came)
                log = excerpt(_pieces(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OSError(getattr(error, "errno", None) or 0, reason, name) from None
    return _document(name, diagnose(log, rules, Circumstances(phase)), package(log))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    from swarm_node.model.excerpt import WINDOW

    while piece := file.read(WINDOW):
        yield piece


def _document(name: str, found: Diagnosis, package: str) -> dict[str, Any]:
    from swarm_node.model.configuration import proposed
    from swarm_node.model.remedies import generic

    first = generic(found, package or "PACKAGE")[0]
    return {
        "file": name,
        "kind": found.kind,
        "fix": found.remedy,
        "command": first.line,
        "advice": first.words if first.person else "Run",
        "confidence": found.confidence,
        "summary": found.summary,
        "transient": found.transient,
        "package": package,
        "params": found.params,
        "change": [{"file": line.file, "line": line.text} for line in proposed(found.params)],
        "evidence": [
            {"line": place.line, "offset": place.offset, "text": text}
            for text, place in zip(found.evidence, found.places, strict=True)
        ],
    }


def show_diagnoses(seen: Any, pen: Pen) -> list[str]:
    return [line for number, each in enumerate(seen) for line in ([""] * (number > 0) + _shown(each, pen))]


def _shown(each: Any, pen: Pen) -> list[str]:
    if "error" in each:
        error = each["error"]
        return [f"{pen('bad', '✗')} {error['message']}", f"  → {error['hint']}"]
    sure = f"{each['confidence']:.0%} sure"
    lines = [
        f"{pen('strong', each['file'])}  {pen('attention', each['kind'])}, {sure}",
        f"  {each['summary']}",
        *(pen("dim", f"  │ {piece['line']}: {piece['text']}") for piece in each["evidence"]),
        *(f"  {pen('good', '+')} {change['file']}: {change['line']}" for change in each["change"]),
    ]
    command = f": {pen('strong', each['command'])}" if each["command"] else ""
    return [*lines, f"  → {each['advice']}{command}"]


ACTIONS = (
    Action(
        "diagnose",
        "Diagnose a log",
        "what failed in a build log, the lines that prove it, and the command that cures it; needs no swarm",
        diagnose,
        show_diagnoses,
        parameters=(
            Parameter(
                "file",
                "build logs, - for standard input",
                positional=True,
                required=True,
                many=True,
                completes="file",
            ),
            Parameter("phase", "the phase that failed, where the log does not say", default=""),
        ),
    ),
)
