"""Which gateway the console asks."""

from pathlib import Path

import pytest

from swarm_console.errors import Usage
from swarm_console.wire.settings import DEFAULT, gateway, unquoted


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    return tmp_path


def test_the_first_that_is_there_wins(etc: Path) -> None:
    where = str(etc)
    assert gateway(None, {}, where) == (DEFAULT, "")
    (etc / "drone.conf").write_text('NODE_NAME="vega"\nGATEWAY_URL="http://drone:8090"\n')
    assert gateway(None, {}, where)[0] == "http://drone:8090"
    (etc / "console.conf").write_text('# mine\nexport GATEWAY_URL="http://console:8090" # here\n')
    assert gateway(None, {}, where)[0] == "http://console:8090"
    assert gateway(None, {"GATEWAY_URL": "http://env:1"}, where)[0] == "http://env:1"
    assert gateway(None, {"GATEWAY_URL": "x", "SWARM_GATEWAY": "http://own:1"}, where)[0] == "http://own:1"
    assert gateway("http://said:1", {"GATEWAY_URL": "http://env:1"}, where)[0] == "http://said:1"


def test_the_secret_comes_from_the_environment_or_the_file(etc: Path) -> None:
    (etc / "console.conf").write_text("GATEWAY_URL=http://g:1\nSWARM_TOKEN='of the file'\n")
    assert gateway(None, {}, str(etc)) == ("http://g:1", "of the file")
    assert gateway("http://said:1", {"SWARM_TOKEN": "t"}, str(etc)) == ("http://said:1", "t")
    assert gateway("http://said:1", {}, str(etc))[1] == "of the file"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"GATEWAY=http://g:1\n", "console.conf:1"), (b"\n\nwhat?\n", "console.conf:3"), (b"\xff\xfe", "UTF-8")],
)
def test_a_bad_file_is_told_by_its_line(etc: Path, content: bytes, said: str) -> None:
    (etc / "console.conf").write_bytes(content)
    with pytest.raises(Usage) as caught:
        gateway(None, {}, str(etc))
    assert said in caught.value.message and caught.value.hint


def test_a_file_that_cannot_be_read_is_told(etc: Path) -> None:
    (etc / "console.conf").mkdir()
    with pytest.raises(Usage, match=r"console\.conf"):
        gateway(None, {}, str(etc))


@pytest.mark.parametrize(
    ("raw", "value"),
    [('"a b" # c', "a b"), ("'a\"b'", 'a"b'), ("plain # c", "plain"), ('""', ""), ('"open', '"open')],
)
def test_values_are_read_as_a_shell_reads_them(raw: str, value: str) -> None:
    assert unquoted(raw) == value
