"""Shared library names as Portage writes them into PROVIDES and REQUIRES."""

import pytest

from swarm_node.portage.sonames import Soname, parse


def test_categories_and_names() -> None:
    assert parse("x86_64: liba.so.1 libb.so.2 x86_32: liba.so.1") == {
        Soname("x86_64", "liba.so.1"),
        Soname("x86_64", "libb.so.2"),
        Soname("x86_32", "liba.so.1"),
    }


@pytest.mark.parametrize("value", ["", "  ", "x86_64:"])
def test_none(value: str) -> None:
    assert parse(value) == frozenset()


def test_shown_as_portage_shows_them() -> None:
    assert str(Soname("x86_64", "libm.so.6")) == "x86_64: libm.so.6"


def test_name_without_category_is_refused() -> None:
    with pytest.raises(ValueError, match=r"libm\.so\.6"):
        parse("libm.so.6")
