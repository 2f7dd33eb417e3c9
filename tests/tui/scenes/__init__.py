"""The scenes of the pictures, a file a screen; each file's PICTURES are drawn."""

import importlib
from pathlib import Path

from tests.tui.scenes.scene import Scene


def pictures() -> dict[str, Scene]:
    """Every scene by the name of its picture; no two files may claim the same name."""
    found: dict[str, Scene] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        module = importlib.import_module(f"tests.tui.scenes.{path.stem}") if path.stem[0] != "_" else None
        own: dict[str, Scene] = getattr(module, "PICTURES", {})
        assert not found.keys() & own.keys(), f"{path} draws a picture that another file draws"
        found |= own
    return found
