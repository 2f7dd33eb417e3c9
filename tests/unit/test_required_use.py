"""REQUIRED_USE as emerge shows it: the fewest flags to turn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.required_use import DEEPEST, Use, parsed, shown_use, turns


@pytest.mark.parametrize(
    ("constraint", "flags", "wanted"),
    [
        ("any-of ( north south )", 'USE="-north -south"', "north"),
        ("exactly-one-of ( linux darwin )", 'USE="linux darwin"', "-darwin"),
        ("at-most-one-of ( a b c )", 'USE="a b c"', "-c -b"),
        ("|| ( a b ) ^^ ( c d ) ?? ( e f )", 'USE="-a -b -c -d e f"', "a c -f"),
        ("import? ( curl )", 'USE="import -curl"', "curl"),
        ("import? ( curl )", 'USE="import (-curl)"', "-import"),
        ("!minimal? ( any-of ( gtk qt ) )", 'USE="-minimal -gtk -qt"', "gtk"),
        ("gui? ( widgets? ( !static ) )", 'USE="gui widgets static"', "-static"),
        (
            "x? ( any-of ( python_targets_python3_12 ) )",
            'USE="x" PYTHON_TARGETS="-python3_12*"',
            "python_targets_python3_12",
        ),
        ("a b? ( c )", 'USE="-a{tested} b% -c%*"', "a c"),
        ("a !a", 'USE="a"', ""),
        ("a? ( b )", 'USE="-a -b"', ""),
        ("", 'USE="a"', ""),
        ("12:30:01 import? ( curl )", 'USE="import -curl"', "curl"),
    ],
)
def test_the_fewest_flags_are_turned(constraint: str, flags: str, wanted: str) -> None:
    assert " ".join(turns(constraint, shown_use(flags))) == wanted


def test_what_else_must_hold_is_kept() -> None:
    use = shown_use('USE="import -curl -ssl"')
    assert turns("import? ( curl )", use, "import? ( curl ) curl? ( ssl )") == ("-import",)
    assert turns("import? ( curl )", use, "curl? ( ssl ) import curl") == ("curl", "ssl")


def test_flags_are_read_as_emerge_shows_them() -> None:
    use = shown_use('USE="a -b (c) (-d) {e} f%* -g*" ABI_X86="(64) -32" junk "x"')
    assert use.on == {"a", "c", "e", "f", "abi_x86_64"}
    assert use.fixed == {"c", "d", "e", "abi_x86_64"}


words = st.sampled_from(
    ["(", ")", "||", "^^", "??", "any-of", "at-most-one-of", "a", "!b", "c?", "!d?", "?", "!", "e$"]
)


@given(st.lists(words, max_size=60).map(" ".join), st.frozensets(st.sampled_from("abcde")))
def test_any_text_gives_flags_that_help_or_none(text: str, on: frozenset[str]) -> None:
    use = Use(on, frozenset())
    if turned := turns(text, use):
        after = on.symmetric_difference(flag.removeprefix("-") for flag in turned)
        assert turns(text, Use(after, frozenset())) == (), "it holds now"


def test_what_is_deeper_than_any_ebuild_is_not_read() -> None:
    assert parsed("( " * (DEEPEST + 1) + "a") == ()
    assert turns("a? ( " * 900 + "b" + " )" * 900, Use(frozenset("a"), frozenset())) == ()
