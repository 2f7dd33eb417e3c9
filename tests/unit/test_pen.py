"""How lines for people look."""

import io

import pytest

from swarm_console import cli
from swarm_console.words.pen import Pen, count, duration, size, table, to_ascii


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3569, "59 min"),
        (3580, "1 h"),
        (5 * 3600 + 12 * 60, "5 h 12 min"),
        (48 * 3600, "2 d"),
        (76 * 3600, "3 d 4 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("octets", "said"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")]
)
def test_sizes(octets: int, said: str) -> None:
    assert size(octets) == said


def test_counts() -> None:
    assert count(1, "package") == "1 package" and count(0, "package") == "0 packages"
    assert count(2, "box", "boxes") == "2 boxes"


def test_a_table_aligns_numbers_right_and_words_left() -> None:
    assert table(("Node", "Cores"), [("vega", 16), ("a", 4)], Pen()) == [
        "Node  Cores",
        "vega     16",
        "a         4",
    ]
    assert table(("Node",), [], Pen()) == []


def test_colour_is_only_written_when_it_is_seen() -> None:
    assert Pen()("bad", "no") == "no" and Pen(True)("bad", "no") == "\x1b[31mno\x1b[0m"
    assert Pen(True)("bad", "") == ""


def test_signs_are_spelled_out_in_ascii() -> None:
    assert to_ascii("═══ ✓ a → b …") == "=== ok a -> b ..."
    assert to_ascii("名") == "?"


def test_a_stream_that_cannot_say_it_gets_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    cli.write(stream, "✓ fine")
    cli.write(stream, "plain")
    assert raw.getvalue() == b"ok fine\nplain\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert cli.colourful(Terminal()) and not cli.colourful(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not cli.colourful(Terminal())
