"""Moments and lengths of time as columns show them; `pen.duration` says lengths in words."""

import time
from typing import Final

HALF_A_DAY: Final = 43_200.0


def clock(seconds: float) -> str:
    """A length for a column of figures: 0:07, 12:30, 5:12:09; a negative one counts as none."""
    whole = max(0, int(seconds))
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def of_day(moment: float) -> str:
    """A Unix time as the wall clock's HH:MM:SS here."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def lately(moment: float, now: float) -> str:
    """A Unix time as HH:MM:SS if it is of the last half day, else as MM-DD HH:MM."""
    if abs(now - moment) < HALF_A_DAY:
        return of_day(moment)
    return time.strftime("%m-%d %H:%M", time.localtime(moment))
