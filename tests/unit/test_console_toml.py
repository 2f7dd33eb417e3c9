"""console.toml: what it may say, what is made of two of them, and what is said of one that cannot be."""

from pathlib import Path

import pytest

from swarm_console.errors import Usage
from swarm_console.keyboard.keybook import book, keymap_of
from swarm_console.manners.configuration import Configuration, Configured, configured


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]
    """`write("[keys]…", "…")`: so many files, in the order in which they are read."""

    def written(*contents: str) -> Configured:
        files = [tmp_path / f"{number}.toml" for number, _ in enumerate(contents)]
        for file, content in zip(files, contents, strict=True):
            file.write_text(content, encoding="utf-8")
        return configured([*files, tmp_path / "missing.toml"])

    return written


def test_without_a_file_everything_is_as_it_comes(write) -> None:  # type: ignore[no-untyped-def]
    assert write().values == Configuration()
    assert keymap_of(write()) == {}


def test_the_persons_own_file_wins_name_by_name(write) -> None:  # type: ignore[no-untyped-def]
    found = write('[keys]\nbalance = "B"\nverify = "f7"\n[attention]\nbell = false', '[keys]\nverify = "f8"')
    assert found.values.keys == {"balance": "B", "verify": "f8"}
    assert (found.values.attention.bell, found.values.attention.title) == (False, True)
    assert found.named_in["verify"].name == "1.toml"


BAD = {
    "syntax": ("[keys\n", "line 1", "balance"),
    "table": ('[kyes]\nbalance = "B"', "'kyes'", "keys"),
    "setting": ("[attention]\nbel = true", "'attention.bel'", "bell"),
    "type": ('[attention]\nbell = "loud"', "attention.bell", "true or false"),
    "no table": ('keys = "B"', "keys", "table"),
    "number": ("[keys]\nbalance = 3", "keys", 'balance = "B"'),
}


@pytest.mark.parametrize(("content", "message", "hint"), BAD.values(), ids=BAD)
def test_a_bad_file_is_told_with_its_place(write, content: str, message: str, hint: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Usage) as caught:
        write(content)
    assert "0.toml" in caught.value.message
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "console.toml").mkdir()
    with pytest.raises(Usage, match=r"console\.toml"):
        configured([tmp_path / "console.toml"])
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(Usage, match="UTF-8"):
        configured([binary])


IMPOSSIBLE = {
    "unknown name": ("balanse", "B", "there is no such key", "balance"),
    "no key": ("balance", "knob", "no key 'knob'", "f7"),
    "empty": ("balance", "", "no key ''", "f7"),
    "modifier": ("balance", "hyped+b", "no key 'hyped+b'", "f7"),
    "taken": ("balance", "v", "v is verify's (everywhere)", "give verify another key"),
    "taken in a table": ("balance", "k", "k is up's (", "give up another key"),
    "taken on a screen": ("balance", "d", "d is hold's (node)", "give hold another key"),
    "leaves": ("balance", "ctrl+q", "ends the console", "another"),
    "tab": ("balance", "ctrl+i", "cannot tell ctrl+i from tab", "another"),
    "shift": ("balance", "shift+b", "arrives as B", "'B'"),
    "capital": ("balance", "ctrl+B", "no 'ctrl+B'", "'ctrl+b'"),
}


@pytest.mark.parametrize(("name", "key", "message", "hint"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_key_that_cannot_be_is_told(write, name: str, key: str, message: str, hint: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Usage) as caught:
        keymap_of(write(f'[keys]\n{name} = "{key}"'))
    assert f"0.toml: keys.{name}: " in caught.value.message
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_two_names_may_not_be_given_one_key(write) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Usage, match="m is"):
        keymap_of(write('[keys]\nbalance = "m"\nverify = "m"'))


def test_keys_may_be_exchanged_and_written_as_one_types_them(write) -> None:  # type: ignore[no-untyped-def]
    keymap = keymap_of(write('[keys]\nreset = "F"\nfinalize = "R"\nfilter = "f3, \\\\"\nhelp = "%"'))
    assert keymap == {"reset": "F", "finalize": "R", "filter": "f3,backslash", "help": "percent_sign"}
    shown = {entry.id: entry.shown for entry in book(keymap)}
    assert (shown["reset"], shown["filter"], shown["help"], shown["quit"]) == ("F", "f3 \\", "%", "q")


def test_a_dialogs_keys_are_its_own(write) -> None:  # type: ignore[no-untyped-def]
    assert keymap_of(write('[keys]\nyes = "b"')) == {"yes": "b"}


def test_every_key_has_a_name_a_place_and_words() -> None:
    entries = book()
    assert {entry.id for entry in entries} >= {"balance", "filter", "zoom", "help", "next", "theme", "back"}
    for entry in entries:
        assert entry.text, entry
        assert entry.context == entry.context.lower(), f"{entry.place} has no BINDING_GROUP_TITLE"
