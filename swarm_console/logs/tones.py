"""What a line of a build log is worth to the eye: errors, warnings, Portage's own words."""

import re
from typing import Final

_ERROR: Final = (
    r"\berror\b:|\berror\[\w+\]:|\bfatal:|\bERROR:|!!! |\bFAILED\b|\*\*\* \[|ndefined reference to"
    r"|No space left on device|Permission denied|Traceback \(most recent"
)
_TONES: Final = (
    (re.compile(_ERROR), "attention"),
    (re.compile(r"\b[Ww]arning\b:|\bWARN(?:ING)?\b|QA Notice"), "wait"),
    (re.compile(r"^\W{0,8}>>> "), "accent"),
)
_READ: Final = 400
"""Characters of a line that are looked at."""


def tone_of(text: str) -> str:
    """The tone of a line."""
    read = text[:_READ]
    return next((tone for pattern, tone in _TONES if pattern.search(read)), "")
