"""Lines of etc/portage: what may be written into a client profile, and what never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.configuration import checked, facts_of, lines_of, proposed, words_of
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Line

GOOD = (
    ("package.use", "dev-libs/foo bar -baz"),
    ("package.use", ">=dev-libs/foo-1.2:0/3::gentoo python_targets_python3_12"),
    ("package.use", "*/* PYTHON_TARGETS: python3_12 -*"),
    ("package.accept_keywords", "=dev-libs/foo-1.0-r1 ~amd64"),
    ("package.accept_keywords", "dev-libs/foo **"),
    ("package.accept_keywords", "~dev-libs/foo-9999"),
    ("package.license", "media-libs/*  FOO-EULA @BINARY-REDISTRIBUTABLE -*"),
    ("package.unmask", "=dev-libs/foo-1.0"),
)
BAD = (
    ("make.conf", "dev-libs/foo bar"),
    ("../../etc/passwd", "dev-libs/foo bar"),
    ("package.use/../../make.conf", "dev-libs/foo bar"),
    ("package.mask", "dev-libs/foo"),
    ("", "dev-libs/foo bar"),
    ("package.use", ""),
    ("package.use", "dev-libs/foo"),
    ("package.use", "foo bar"),
    ("package.use", "dev-libs/foo bar\nCFLAGS=-O9"),
    ("package.use", "dev-libs/foo bar # comment"),
    ("package.use", "dev-libs/foo $(reboot)"),
    ("package.use", "dev-libs/foo \x1b[31mbar"),
    ("package.use", "../foo bar"),
    ("package.use", "dev-libs/foo " + "x" * 2000),
    ("package.unmask", "=dev-libs/foo-1.0 bar"),
    ("package.license", "dev-libs/foo"),
    ("package.license", "dev-libs/foo || ( A B )"),
    ("package.accept_keywords", "dev-libs/foo ~amd64;rm"),
)


@pytest.mark.parametrize(("file", "text"), GOOD)
def test_what_portage_takes_is_taken(file: str, text: str) -> None:
    assert checked(Line(file, text)).text == " ".join(text.split())


@pytest.mark.parametrize(("file", "text"), BAD)
def test_anything_else_is_refused_with_what_would_do(file: str, text: str) -> None:
    with pytest.raises(Refused) as refused:
        lines_of([file, text])
    assert refused.value.kind.status == 400
    assert refused.value.message and refused.value.hint
    assert refused.value.message.isprintable()


def test_pairs_of_words_also_as_one_word_each() -> None:
    lines = (Line("package.use", "a/b c"), Line("package.unmask", "=a/b-1"))
    assert lines_of(words_of(lines)) == lines
    assert lines_of(["package.use a/b c", "package.unmask =a/b-1"]) == lines
    assert lines_of(["package.use: a/b c"]) == lines[:1]
    for words in ([], ["package.use"], ["a/b c"], ["package.use", "a/b c", "package.unmask"]):
        with pytest.raises(Refused):
            lines_of(words)
    with pytest.raises(Refused, match="too many"):
        lines_of(["package.use", "a/b c"] * 21)


def test_a_diagnosis_carries_them_and_what_is_no_such_file_is_none() -> None:
    lines = (Line("package.accept_keywords", "=a/b-1 ~amd64"), Line("package.license", "=a/b-1 X"))
    assert proposed({"profile": "desk", **facts_of(lines)}) == lines
    assert proposed({"file": "package.use", "line": "a/b c\na/d e"}) == (
        Line("package.use", "a/b c"),
        Line("package.use", "a/d e"),
    )
    assert proposed({"file": "/usr/bin/ls"}) == ()
    assert proposed({}) == ()


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_taken_is_one_harmless_line(file: str, text: str) -> None:
    try:
        line = checked(Line(file, text))
    except Refused:
        return
    assert line.text.isprintable() and "#" not in line.text and "\n" not in line.text
