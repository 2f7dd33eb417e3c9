"""The console's own two themes: calm grounds, and colour only where something needs a person."""

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
