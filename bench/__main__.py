"""`python -m bench`: run every bench module, print one table, and write it to bench.json.

A bench module is a file of this folder with `rows() -> list[Row]`; name some to run only those:
`python -m bench index schedule`.  A missed target is marked and is no failure, since machines differ; exit
code 1 when a module breaks, 2 for an unknown name.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench import Row

HERE = Path(__file__).parent
RESULT = HERE.parent / "bench.json"


def modules(wanted: Sequence[str]) -> dict[str, Callable[[], list[Row]]]:
    """The `rows` of each bench module by name. Raises: LookupError on an unknown name."""
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    found = {name: importlib.import_module(f"bench.{name}") for name in names}
    benches = {name: module.rows for name, module in found.items() if hasattr(module, "rows")}
    if unknown := set(wanted) - set(benches):
        raise LookupError(f"no bench named {', '.join(sorted(unknown))}; there are: {', '.join(benches)}")
    return {name: rows for name, rows in benches.items() if not wanted or name in wanted}


def run(name: str, rows: Callable[[], list[Row]], broken: list[str]) -> list[Row]:
    """The rows of one module; one that breaks is noted in `broken`, and the others go on."""
    print(f"… {name}", file=sys.stderr, flush=True)
    try:
        return rows()
    except Exception as error:
        traceback.print_exc()
        broken.append(name)
        return [Row(what=name, figure=f"{type(error).__name__}: {error}", target="", ratio="", ok=False)]


def table(rows: Iterable[Row]) -> str:
    """The rows as text in columns, a mark in front of each."""
    cells = [("", *Row._fields[:4])]
    for what, figure, target, ratio, ok, _ in rows:
        share = f"{ratio:.2f}" if isinstance(ratio, float) else ratio
        cells.append(("✓" if ok else "✗", what, figure, target, share))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in cells)


def main(wanted: Sequence[str]) -> int:
    """Run, print and keep. Returns the exit code."""
    began = time.time()
    try:
        chosen = modules(wanted)
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    broken: list[str] = []
    results = {name: run(name, rows, broken) for name, rows in chosen.items()}
    rows = [row for found in results.values() for row in found]
    print(table(rows))
    for row in rows:
        if row.detail:
            print(f"\n{row.what}\n{row.detail}")
    document = {
        "began": began,
        "seconds": round(time.time() - began, 1),
        "rows": [{"bench": name, **row._asdict()} for name, found in results.items() for row in found],
    }
    RESULT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written to {RESULT.name}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
