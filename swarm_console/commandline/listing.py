"""The registry as lists: for the terminal, as JSON, and as the README's table of commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from swarm_console.actions.registry import ACTIONS

BEGIN, END = "<!-- {}:begin -->", "<!-- {}:end -->"


def listing() -> str:
    """Every action: name, key, one line, and whether it asks first."""
    wide = max(map(len, ACTIONS))
    lines = [f"{'action':{wide}}  key  dangerous  what it does"]
    for action in ACTIONS.values():
        asks = "dangerous" if action.dangerous else ""
        lines.append(f"{action.name:{wide}}  {action.key or '':3}  {asks:9}  {action.help}")
    return "\n".join(lines) + "\n"


def listing_json() -> str:
    """The same as a JSON document."""
    shown = ("name", "title", "key", "help", "dangerous", "changes", "usage")
    rows = [{name: getattr(action, name) for name in shown} for action in ACTIONS.values()]
    return json.dumps({"actions": rows}, indent=2) + "\n"


def markdown() -> str:
    """The same as a Markdown table."""
    lines = ["| Command | Key | |", "|---|---|---|"]
    for action in ACTIONS.values():
        key = f"`{action.key}`" if action.key else ""
        asks = " **Asks first.**" if action.dangerous else ""
        sentence = action.help[0].upper() + action.help[1:]
        usage = action.usage.replace("|", "\\|")
        lines.append(f"| `{usage}` | {key} | {sentence}.{asks} |")
    return "\n".join(lines) + "\n"


def with_table(text: str, name: str = "actions", make: Callable[[], str] = markdown) -> str:
    """A Markdown text with the table between its two marks made anew. Raises: ValueError without them."""
    first, last = BEGIN.format(name), END.format(name)
    before, begin, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"no place for the table: {first} and {last} are not both there")
    return f"{before}{first}\n\n{make()}\n{last}{after}"


if __name__ == "__main__":  # python -m swarm_console.commandline.listing README.md
    readme = Path(sys.argv[1])
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")
