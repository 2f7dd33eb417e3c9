"""The handbook's file format: lines of KEY="value" and comments, as a shell reads them, unexpanded."""

import re
import shlex
from pathlib import Path
from typing import Final, NamedTuple

ASSIGNMENT: Final = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)", re.DOTALL)
LARGEST: Final = 1 << 20
"""Bytes; a configuration file that is larger is some other file."""


class BadSettings(Exception):
    """A configuration that no service can start with: where it is wrong and what to do about it."""

    def __init__(self, where: str, message: str, hint: str = "") -> None:
        super().__init__(f"{where}: {message}")
        self.where = where
        self.message = message
        self.hint = hint


class Assignment(NamedTuple):
    """One KEY="value" and the number of its line."""

    value: str
    line: int


def read(path: Path) -> dict[str, Assignment]:
    """Every assignment of a file, by key.

    Raises: BadSettings naming file and line, FileNotFoundError when there is no such file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadSettings(f"{path}:{line}", "not UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise BadSettings(str(path), f"cannot be read: {error.strerror}", _readable(path, error)) from None
    if len(data) > LARGEST or "\0" in text:
        raise BadSettings(str(path), "not a text file of reasonable size", "name a configuration file")
    return parse(text, str(path))


def parse(text: str, name: str) -> dict[str, Assignment]:
    """Every assignment of a file's text, by key; `name` is the file's, for messages.

    Raises: BadSettings.
    """
    found: dict[str, Assignment] = {}
    for number, line in enumerate(text.splitlines(), 1):
        pair = _assignment(line, f"{name}:{number}")
        if pair is None:
            continue
        key, value = pair
        if key in found:
            raise BadSettings(
                f"{name}:{number}", f"{key} is already set in line {found[key].line}", "keep one"
            )
        found[key] = Assignment(value, number)
    return found


def _assignment(line: str, where: str) -> tuple[str, str] | None:
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    match = ASSIGNMENT.fullmatch(line)
    if match is None:
        raise BadSettings(
            where, f"not an assignment: {line[:60]!r}", 'write KEY="value", without spaces round ='
        )
    key, raw = match.groups()
    if ("$" in raw or "`" in raw) and not raw.startswith("'"):
        raise BadSettings(
            where,
            f"the value of {key} has a $ or a `, which is not expanded here",
            "put it into single quotes",
        )
    try:
        words = shlex.split(raw, comments=True)
    except ValueError as error:
        raise BadSettings(
            where, f"the value of {key}: {str(error).lower()}", f'write {key}="value"'
        ) from None
    if len(words) > 1 or raw[:1].isspace():
        raise BadSettings(where, f"more than one word for {key}", f'write {key}="…" in quotes')
    return key, words[0] if words else ""


def _readable(path: Path, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"start the service as the owner of {path}, or let its user read it"
    return "name a configuration file" if isinstance(error, IsADirectoryError) else "look at the disk"
