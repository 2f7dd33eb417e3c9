"""A digest in words: what was done, what failed, what was decided, and what needs a person, part by part."""

from __future__ import annotations

from swarm_console.words.pen import count, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    Span = tuple[str, str]
    Part = tuple[str, list[list[Span]]]
    """A heading and the lines below it, each made of texts in tones (see `panes.tones`)."""

SHOWN = 8
"""Blocked builds that are named before the rest is counted."""
DECISIONS = {
    "retried": ("↻", "build", "tried again"),
    "lost": ("!", "build", "needed again, the node was gone"),
    "recalled": ("←", "build", "taken back from its node"),
    "held": ("‖", "node", "set aside"),
    "resumed": ("▶", "node", "taken into use again"),
    "node-lost": ("✗", "node", "lost"),
    "ignored": ("·", "late result", "ignored"),
    "abandoned": ("!", "release", "given up"),
}
SIGNS = {"ok": "✓", "wait": "…", "attention": "▲"}


def recap(seen: Any) -> list[Part]:
    """The parts of a digest's document that have something in them; the last says what comes next."""
    parts = [
        ("Done", list(_done(seen))),
        (f"Newly blocked: {seen['blocked']}", list(_blocked(seen))),
        ("Decided for you", [_decision(one) for one in seen["decided"]]),
        ("Asked for by people", [[(_asked(seen["asked"]), "")]] if seen["asked"] else []),
    ]
    told = [(heading, lines) for heading, lines in parts if lines]
    if seen["quiet"]:
        told = [("Nothing happened", [[("✓ ", "ok"), ("no build ended, no node was lost", "")]])]
    return [*told, ("What needs you", list(_next(seen["next"])))]


def _done(seen: Any) -> Iterator[list[Span]]:
    if seen["staged"]:
        built = f"{count(seen['staged'], 'package')} built"
        yield [("✓ ", "ok"), (built, "bold"), (f", {duration(seen['seconds'])} of compiling", "")]
    shown = list(map(str, seen["releases"]))
    if shown:
        several = "releases" if len(shown) > 1 else "release"
        yield [("▲ ", "ok"), (f"clients saw {several} {', then '.join(shown)}", "")]


def _blocked(seen: Any) -> Iterator[list[Span]]:
    shown = seen["troubles"][:SHOWN]
    for trouble in shown:
        said = f": {trouble['summary']}" if trouble["summary"] else ""
        yield [
            ("✗ ", "attention"),
            (trouble["build"], "bold"),
            (f"  {trouble['kind']}", "attention"),
            (said, ""),
        ]
    if rest := seen["blocked"] - len(shown):
        yield [(f"  … and {rest} more", "dim")]


def _decision(one: Any) -> list[Span]:
    sign, noun, what = DECISIONS.get(one["what"], ("·", "time", one["what"]))
    names = ", ".join(one["names"]) + (", …" if one["about"] > len(one["names"]) else "")
    often = f" ({one['count']} times)" if one["count"] > one["about"] else ""
    why = f"  {one['reason']}" if one["reason"] else ""
    head = f"{count(one['about'], noun)} {what}: "
    return [(f"{sign} ", "wait"), (head, ""), (names, "bold"), (often, ""), (why, "dim")]


def _asked(asked: Any) -> str:
    return ", ".join(name if times == 1 else f"{name} ({times} times)" for name, times in asked.items())


def _next(step: Any) -> Iterator[list[Span]]:
    yield [(f"{SIGNS.get(step['tone'], '▲')} ", step["tone"]), (step["text"], "bold")]
    yield from ([(f"  • {item}", "")] for item in step.get("items", ()))
    yield [("  → ", "dim"), (step["command"], "accent")]
