"""Pictures of the console, compared with those in snapshots/ to the letter.

`SNAPSHOTS=update` writes them anew; a picture that differs is left beside the old one as NAME.new.svg.
"""

import os
from pathlib import Path

from textual.app import App

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


def compare(app: App[object], name: str) -> None:
    """Fail unless the screen looks like snapshots/NAME.svg."""
    wanted, drawn = SNAPSHOTS / f"{name}.svg", SNAPSHOTS / f"{name}.new.svg"
    picture = app.export_screenshot(title=name, simplify=True)
    picture = "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"
    if os.environ.get("SNAPSHOTS") == "update":
        wanted.write_text(picture, encoding="utf-8")
        drawn.unlink(missing_ok=True)
        return
    assert wanted.exists(), f"{wanted} is not there: SNAPSHOTS=update make test TESTS=tests/tui draws it"
    if wanted.read_text(encoding="utf-8") != picture:
        drawn.write_text(picture, encoding="utf-8")
        raise AssertionError(f"the screen looks different: compare {wanted} and {drawn}")
    drawn.unlink(missing_ok=True)
