"""The console's own two themes, calm, with colour only where somebody is needed; tones for all others."""

import os
from collections.abc import Collection, Sequence
from itertools import repeat
from operator import ge
from typing import Any, Final

from textual.app import App
from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

DARK = Theme(
    name="swarm-dark",
    primary="#82aaff",
    secondary="#7f8ea3",
    accent="#7fb4ca",
    success="#98bb6c",
    warning="#dca561",
    error="#e46876",
    foreground="#d4d7dd",
    background="#14161b",
    surface="#191c22",
    panel="#22262e",
    dark=True,
    variables={
        "footer-key-foreground": "#7fb4ca",
        "footer-background": "#191c22",
        "faint": "#7d8593",
        "rule": "#343a45",
    },
)
LIGHT = Theme(
    name="swarm-light",
    primary="#2f5fb3",
    secondary="#5b6677",
    accent="#1f6f8b",
    success="#3f7a26",
    warning="#9a5b00",
    error="#b3261e",
    foreground="#22262d",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e8e5de",
    dark=False,
    variables={
        "footer-key-foreground": "#1f6f8b",
        "footer-background": "#f3f1ec",
        "faint": "#6b7280",
        "rule": "#cfcabf",
    },
)
THEMES = (DARK, LIGHT)
ANSI: Final = "ansi-dark"
"""Textual's theme of nothing but the terminal's own colours."""


def first_theme(remembered: str, known: Collection[str], colours: str | None) -> str:
    """What to begin with: TEXTUAL_THEME, last time's, the terminal's own colours where it has 16.

    `colours` is Rich's name for what the terminal can: standard (16), 256, truecolor.
    """
    wanted = (os.environ.get("TEXTUAL_THEME", ""), remembered)
    return next((name for name in wanted if name in known), ANSI if colours == "standard" else DARK.name)


def put_on(app: App[Any], remembered: str) -> str:
    """Have the App know our themes and begin in the right one; which that is."""
    for theme in THEMES:
        app.register_theme(theme)
    app.theme = first_theme(remembered, app.available_themes, app.console.color_system)
    return app.theme


def other(theme: Theme) -> str:
    """Dark becomes light, and the other way round."""
    return LIGHT.name if theme.dark else DARK.name


GROUNDS: Final = ("background", "surface", "panel")
"""What text stands on: usually the first, in the top and dialogs the second, under the cursor the third."""
CLEAR: Final = 4.5
"""Contrast (WCAG 2) of toned text with the first of them."""
LEGIBLE: Final = 3.0
"""The same with the others, and of what recedes."""
STEPS: Final = 20


def tones(theme: Theme) -> dict[str, str]:
    """The variables that css/tones.tcss draws with, legible in any theme; a theme's own values come first."""
    names = {"tone-ok": "success", "tone-wait": "warning", "tone-attention": "error", "tone-accent": "accent"}
    colours = theme.to_color_system().generate()
    if theme.ansi:
        grey = {"faint": "ansi_bright_black", "rule": "ansi_bright_black"}
        return grey | {tone: colours[name] for tone, name in names.items()}
    ink, grounds = Color.parse(colours["foreground"]), [Color.parse(colours[name]) for name in GROUNDS]
    faint = grounds[0].blend(ink, 0.6)
    return {
        "faint": _clear(faint, grounds, (LEGIBLE, LEGIBLE, LEGIBLE)).hex6,
        "rule": grounds[0].blend(ink, 0.25).hex6,
        **{
            tone: _clear(Color.parse(colours[name]), grounds, (CLEAR, LEGIBLE, LEGIBLE)).hex6
            for tone, name in names.items()
        },
    }


def contrast(one: Color, other: Color) -> float:
    """How far two colours stand apart, from 1 to 21 (WCAG 2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def _clear(colour: Color, grounds: Sequence[Color], least: Sequence[float]) -> Color:
    """The colour, moved towards black or white, the farther one, until it can be read on every ground."""
    end = max((BLACK, WHITE), key=lambda pole: contrast(pole, grounds[0]))
    ways = (colour.blend(end, step / STEPS) for step in range(STEPS))
    return next((way for way in ways if all(map(ge, map(contrast, repeat(way), grounds), least))), end)
