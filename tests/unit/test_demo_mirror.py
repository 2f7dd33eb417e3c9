"""The demo's mirror: the same bytes everywhere, and an outage that is counted and remembered."""

import io
import tarfile
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from swarm_node.demo.mirror import make_app, outages, pack, portage_mirrors, set_outage


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder with one distfile, comet-1.0.tar."""
    folder = tmp_path / "shelf" / "comet-1.0"
    folder.mkdir(parents=True)
    (folder / "Makefile").write_text("all:\n")
    return folder.parent


def test_a_distfile_does_not_depend_on_dates_owners_or_order(shelf: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "comet-1.0"
    other.mkdir(parents=True, mode=0o700)
    (other / "Makefile").write_text("all:\n")
    (other / "Makefile").chmod(0o600)
    assert pack(shelf / "comet-1.0") == pack(other)
    with tarfile.open(fileobj=io.BytesIO(pack(other))) as archive:
        members = archive.getmembers()
    assert [(member.name, member.mtime, member.mode) for member in members] == [
        ("comet-1.0/Makefile", 0, 0o644)
    ]


async def test_an_outage_is_counted_and_survives_a_restart(shelf: Path, tmp_path: Path) -> None:
    ledger = tmp_path / "state" / "outages.json"
    set_outage(ledger, "comet-1.0.tar", 3)
    for expected in ([503, 503], [503, 200, 200]):
        async with TestClient(TestServer(make_app(shelf, ledger))) as client:
            answers = [(await client.get("/distfiles/comet-1.0.tar")).status for _ in expected]
        assert answers == expected
    assert outages(ledger)["comet-1.0.tar"] == 0


async def test_only_known_distfiles_are_served(shelf: Path, tmp_path: Path) -> None:
    async with TestClient(TestServer(make_app(shelf, tmp_path / "ledger"))) as client:
        assert (await client.get("/distfiles/nothing.tar")).status == 404
        assert (await client.get("/distfiles/..%2F..%2Fetc%2Fpasswd")).status == 404
        assert (await client.get("/health")).status == 200


def test_a_damaged_ledger_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("{")
    with pytest.raises(ValueError, match="remove it"):
        outages(tmp_path / "ledger")


def test_the_mirror_is_known_to_portage_by_name() -> None:
    assert portage_mirrors("http://127.0.0.1:1/") == "demo http://127.0.0.1:1/distfiles\n"
