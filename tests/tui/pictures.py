"""Pictures of the console, compared with those in snapshots/ to the letter.

`SNAPSHOTS=update` writes them anew; a picture that differs is left beside the old one as NAME.new.svg.
"""

import os
import time
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
PATIENCE = 180.0
"""Seconds that a screen has to become what it should be: parts of it are composed when others are idle."""
QUIET = 5
"""Looks in a row that must show the same before a new picture is taken."""


async def compare(pilot: Pilot[None], name: str) -> None:
    """Fail unless the screen comes to look like snapshots/NAME.svg."""
    wanted, drawn = SNAPSHOTS / f"{name}.svg", SNAPSHOTS / f"{name}.new.svg"
    if os.environ.get("SNAPSHOTS") == "update":
        wanted.write_text(await _quiet(pilot, name), encoding="utf-8")
        drawn.unlink(missing_ok=True)
        return
    assert wanted.exists(), f"{wanted} is not there: SNAPSHOTS=update make test TESTS=tests/tui draws it"
    expected, until = wanted.read_text(encoding="utf-8"), time.monotonic() + PATIENCE
    while (seen := _picture(pilot.app, name)) != expected:
        if time.monotonic() > until:
            drawn.write_text(seen, encoding="utf-8")
            raise AssertionError(f"the screen looks different: compare {wanted} and {drawn}")
        await pilot.pause(0.05)
    drawn.unlink(missing_ok=True)


async def _quiet(pilot: Pilot[None], name: str) -> str:
    """The picture once it has stopped changing."""
    seen, same = _picture(pilot.app, name), 0
    while same < QUIET:
        await pilot.pause(0.1)
        last, seen = seen, _picture(pilot.app, name)
        same = same + 1 if seen == last else 0
    return seen


def _picture(app: App[None], name: str) -> str:
    picture = app.export_screenshot(title=name, simplify=True)
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"
