"""A shell on a node: what is started for it, and what is not."""

import pytest

from swarm_console.manners.shell import command, host_of, why_no_shell
from swarm_node.model.state import Node
from swarm_node.model.work import NodeFacts


def node(url: str, name: str = "izar") -> Node:
    return Node(name, NodeFacts(url=url))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://10.42.0.7:8080", "10.42.0.7"),
        ("http://izar.example.org:8080/", "izar.example.org"),
        ("http://[fd00::7]:8080", "fd00::7"),
        ("http://me:secret@izar:1", "izar"),
        ("", ""),
        ("nonsense", ""),
        ("http://[broken", ""),
    ],
)
def test_the_host_is_that_of_its_service(url: str, host: str) -> None:
    assert host_of(node(url)) == host
    assert bool(why_no_shell(node(url))) == (not host)


@pytest.mark.parametrize("url", ["http://-oproxycommand=evil:1", "http://a b:1", "http://a\u202eb:1"])
def test_an_address_that_is_no_host_opens_nothing(url: str) -> None:
    assert "no host" in why_no_shell(node(url))


def test_words_are_filled_in_and_no_shell_reads_them() -> None:
    found = node("http://10.42.0.7:8080", name="$(reboot); x")
    assert command("ssh {host}", found) == ["ssh", "10.42.0.7"]
    assert command("ssh -l builder -o 'ProxyJump gate' {host} -- {node}", found) == [
        "ssh", "-l", "builder", "-o", "ProxyJump gate", "10.42.0.7", "--", "$(reboot); x",
    ]  # fmt: skip


@pytest.mark.parametrize("setting", ["", "ssh 'open"])
def test_a_setting_that_is_no_command_is_told(setting: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        command(setting, node("http://izar:1"))
