"""Every way a command ends badly: the document that says so, and the exit code."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


class Usage(Exception):
    """A command line that cannot be meant: what is wrong with it, and what would be right."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def explained(error: BaseException) -> tuple[dict[str, Any], int]:
    """The document of an error, as the services write theirs, and the exit code that goes with it."""
    from swarm_node.model.refusal import FAILED, USAGE, Refused

    if isinstance(error, Refused):
        return error.document(), error.kind.exit_code
    if isinstance(error, Usage):
        return _document("usage", error.message, error.hint), USAGE
    if isinstance(error, KeyboardInterrupt):
        rest = str(error) or "what the swarm was told goes on there"
        return _document("interrupted", f"interrupted; {rest}", ""), INTERRUPTED
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        hint = "check that it exists and that this user may use it" if where else "mend that, then try again"
        return _document("system", f"{where}{error.strerror or error}", hint), FAILED
    hint = "report it with the output of: SWARM_DEBUG=1 and the same command"
    return _document("internal", f"a bug of the console: {type(error).__name__}: {error}", hint), FAILED


def said(error: BaseException) -> list[str]:
    """An error in words: what is wrong, and the next step if there is one."""
    found = explained(error)[0]["error"]
    return [found["message"], *([f"→ {found['hint']}"] if found["hint"] else [])]


def _document(code: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}


def nearest(word: str, known: Iterable[str], otherwise: str) -> str:
    """A hint: the nearest known names, or else what is given."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=3)
    return f"did you mean {', '.join(near)}?" if near else otherwise
