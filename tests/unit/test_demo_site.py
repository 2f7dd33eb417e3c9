"""Where an embedded swarm lies: its directory and the ports that it keeps."""

import socket
from pathlib import Path

import pytest

from swarm_node.demo.site import LASTING, SERVICES, open_site
from swarm_node.model.refusal import Refused


def test_ports_are_chosen_once_and_kept(tmp_path: Path) -> None:
    first = open_site(tmp_path / "swarm")
    assert first.ports.keys() == set(SERVICES)
    assert len(set(first.ports.values())) == len(SERVICES)
    assert open_site(tmp_path / "swarm").ports == first.ports


def test_ports_are_not_those_of_passing_connections(tmp_path: Path) -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if lowest < LASTING.stop:
        pytest.skip(f"this machine hands out ports from {lowest} on")
    assert all(port < lowest for port in open_site(tmp_path).ports.values())


def test_a_port_that_is_taken_is_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        ports = iter(range(number, number + 1000))
        monkeypatch.setattr("random.sample", lambda among, count: [number, *(next(ports) for _ in range(50))])
        assert number not in open_site(tmp_path).ports.values()


@pytest.mark.parametrize("record", [b"", b"[1]", b'{"gateway": "x"}', b'{"gateway": 8090}'])
def test_a_damaged_record_is_refused_by_name(tmp_path: Path, record: bytes) -> None:
    (tmp_path / "site.json").write_bytes(record)
    with pytest.raises(Refused, match=r"site\.json is damaged"):
        open_site(tmp_path)


def test_a_directory_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot use"):
        open_site(tmp_path / "file")
