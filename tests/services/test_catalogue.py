"""Looking at releases and at what one missed, over HTTP: real packages, real directories, a real log."""

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote

import msgspec
import pytest

from swarm_node.model import commands as c
from swarm_node.model.catalogue import Contents, Difference, Offer, Package
from swarm_node.model.digest import Digest
from swarm_node.model.events import Finding
from swarm_node.orchestrator import verify
from swarm_node.orchestrator.content import Manifest
from swarm_node.orchestrator.release import finalize, rollback
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import Entry, Key, render
from swarm_node.portage.index import FILE
from tests.services.orchestrators import Service, running, settings, without_clients
from tests.services.releases import see_node, stage


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """An orchestrator without clients, so that nothing is rehearsed."""
    async with without_clients(tmp_path) as found:
        yield found


async def release(service: Service, *cpvs: str, **metadata: str) -> int:
    """Build, stage and release these; the release's number."""
    await stage(service.parts, *cpvs, **metadata)
    return (await finalize(service.parts)).release


async def contents(service: Service, number: int) -> Contents:
    return msgspec.convert(await service.get(f"/api/v1/releases/{number}"), Contents)


async def difference(service: Service, older: int, newer: int) -> Difference:
    found = await service.get(f"/api/v1/releases/{older}/difference/{newer}")
    return msgspec.convert(found, Difference)


async def offer(service: Service, name: str) -> Offer:
    return msgspec.convert(await service.get(f"/api/v1/production/{quote(name)}"), Offer)


async def digest(service: Service, after: int, at: float) -> Digest:
    return msgspec.convert(await service.get(f"/api/v1/digest?after={after}&at={at!r}"), Digest)


# -- contents


async def test_what_a_release_holds(service: Service) -> None:
    await release(service, "app-misc/hello-1.9")
    await release(
        service, "app-misc/hello-1.10", "dev-libs/aa-2.0", USE="ssl amd64", IUSE="+ssl doc", SLOT="2/3"
    )
    found = await contents(service, 2)
    assert [package.cpv for package in found.packages] == [
        "app-misc/hello-1.10",
        "app-misc/hello-1.9",
        "dev-libs/aa-2.0",
    ]
    first = found.packages[0]
    assert (first.use, first.slot, first.repository) == (("-doc", "ssl"), "2/3", "demo")
    file = service.parts.production.path(2) / first.path
    assert file.stat().st_size == first.size
    manifest = service.parts.production.manifest(2)
    assert {package.sha512 for package in found.packages} == {one.sha512 for one in manifest.packages}
    assert found.size == manifest.size == sum(package.size for package in found.packages)
    assert len((await contents(service, 1)).packages) == 1


async def test_what_stood_against_a_release_is_told_with_it(service: Service) -> None:
    await stage(service.parts, "app-misc/hello-1.0", room="none")
    await finalize(service.parts)
    told = await service.get("/api/v1/releases/1")
    about = told["about"]
    assert told["current"] is True
    assert [finding["code"] for finding in about["findings"]] == ["no-room"]
    assert about["score"] == sum(finding["points"] for finding in about["findings"])
    (listed,) = (await service.get("/api/v1/releases"))["releases"]
    assert listed == about


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("releases/2", "unknown_release"),
        ("releases/999999999999999999", "unknown_release"),
        ("releases/9999999999999999999", "bad_request"),
        ("releases/one", "bad_request"),
        ("releases/-1", "bad_request"),
        ("releases/1.1", "bad_request"),
        ("releases/%D9%A1", "bad_request"),
        ("releases/..%2f..", "bad_request"),
        ("releases/0", "unknown_release"),
        ("releases/1/difference/2", "unknown_release"),
        ("releases/x/difference/1", "bad_request"),
        ("releases/1/audits", "unknown_path"),
        ("releases/7/audit", "unknown_release"),
        ("production/a%20b", "bad_request"),
        ("production/%00", "bad_request"),
        ("production/" + "a" * 300, "bad_request"),
        ("digest", "bad_request"),
        ("digest?after=1&since=1", "bad_request"),
        ("digest?after=x", "bad_request"),
        ("digest?after=-1", "unknown_event"),
        ("digest?after=99999999", "unknown_event"),
        ("digest?after=1&at=1.5", "unknown_event"),
    ],
)
async def test_what_is_not_there_is_refused(service: Service, path: str, code: str) -> None:
    await release(service, "app-misc/hello-1.0")
    assert (await service.ask("GET", f"/api/v1/{path}")).code == code


async def test_a_release_that_was_forgotten_or_given_up(service: Service) -> None:
    numbers = [await release(service, f"app-misc/hello-{number}") for number in range(7)]
    await service.parts.swarm.submit(c.ForgetRelease(release=2))
    assert (await service.ask("GET", "/api/v1/releases/1")).code == "unknown_release"
    assert (await service.ask("GET", "/api/v1/releases/1/difference/7")).code == "unknown_release"
    assert (await contents(service, numbers[-1])).release == 7


async def test_a_release_whose_files_are_gone_is_unknown(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    await release(service, "app-misc/hello-2.0")
    assert len((await contents(service, 1)).packages) == 1
    shutil.rmtree(service.parts.production.path(1))
    assert (await service.ask("GET", "/api/v1/releases/1")).code == "unknown_release"


@pytest.mark.parametrize("damage", ["garbage", "short"])
async def test_a_damaged_index_is_named_and_found_by_the_audit(service: Service, damage: str) -> None:
    await release(service, "app-misc/hello-1.0", "app-misc/hello-2.0")
    index = service.parts.production.path(1) / FILE
    blocks = index.read_text().split("\n\n")
    index.unlink()
    short = "\n\n".join(blocks[:2]).replace("PACKAGES: 2", "PACKAGES: 1") + "\n\n"
    index.write_text("CPV\n\n" if damage == "garbage" else short)
    answer = await service.ask("GET", "/api/v1/releases/1")
    assert answer.code == "bad_state"
    assert "audit" in answer.document["error"]["hint"]
    wrong = (await service.get("/api/v1/releases/1/audit"))["wrong"]
    assert wrong == (["Packages"] if damage == "garbage" else [blocks[2].split("PATH: ")[1].split("\n")[0]])


async def test_the_audit_reads_every_byte(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    assert await service.get("/api/v1/releases/1/audit") == {"release": 1, "wrong": []}
    (package,) = (await contents(service, 1)).packages
    file = service.parts.production.path(1) / package.path
    content = bytearray(file.read_bytes())
    content[600] ^= 1
    file.unlink()
    file.write_bytes(content)
    assert await service.get("/api/v1/releases/1/audit") == {"release": 1, "wrong": [package.path]}


async def test_one_audit_at_a_time(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    async with service.parts.auditing:
        assert (await service.ask("GET", "/api/v1/releases/1/audit")).code == "already_running"


# -- difference


async def test_what_differs_between_any_two(service: Service) -> None:
    await release(service, "app-misc/hello-1.0", "dev-libs/aa-1.0", USE="-", IUSE="ssl")
    await release(service, "app-misc/hello-2.0", USE="ssl", IUSE="ssl")
    await release(service, "dev-libs/aa-1.0", "dev-libs/bb-1.0", USE="ssl", IUSE="ssl")
    found = await difference(service, 1, 2)
    (change,) = found.changes
    assert (change.kind, change.before, change.after, change.use) == (
        "upgraded",
        "app-misc/hello-1.0",
        "app-misc/hello-2.0",
        ("+ssl",),
    )
    assert change.size_before > 0 < change.size_after
    assert found.size == (await contents(service, 2)).size - (await contents(service, 1)).size
    whole = await difference(service, 1, 3)
    assert [(change.kind, change.cp) for change in whole.changes] == [
        ("upgraded", "app-misc/hello"),
        ("added", "dev-libs/bb"),
        ("use", "dev-libs/aa"),
    ]
    back = await difference(service, 3, 1)
    assert [(change.kind, change.cp) for change in back.changes] == [
        ("downgraded", "app-misc/hello"),
        ("removed", "dev-libs/bb"),
        ("use", "dev-libs/aa"),
    ]
    assert (await difference(service, 2, 2)).changes == ()
    counts = (await service.get("/api/v1/releases/1/difference/3"))["counts"]
    assert {kind: count for kind, count in counts.items() if count} == {"upgraded": 1, "added": 1, "use": 1}


async def test_before_the_first_release_there_was_nothing(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    (change,) = (await difference(service, 0, 1)).changes
    assert (change.kind, change.after) == ("added", "app-misc/hello-1.0")


async def test_before_the_first_release_there_was_what_was_adopted(tmp_path: Path) -> None:
    with patch.object(verify, "read_profiles", return_value=()):
        async with running(settings(tmp_path)) as first:
            await see_node(first.parts)
            await release(first, "app-misc/hello-1.0")
            first.parts.production.swept()
        shutil.rmtree(tmp_path / "state")
        async with running(settings(tmp_path)) as second:
            assert (await second.get("/api/v1/releases"))["releases"] == []
            assert [one.cpv for one in (await contents(second, 0)).packages] == ["app-misc/hello-1.0"]
            assert (await offer(second, "hello")).release == 0
            await see_node(second.parts)
            await release(second, "app-misc/hello-2.0")
            (change,) = (await difference(second, 0, 1)).changes
            assert (change.kind, change.before) == ("upgraded", "app-misc/hello-1.0")
            second.parts.production.swept()


# -- production


async def test_what_production_has_of_a_package(service: Service) -> None:
    assert await offer(service, "app-misc/hello") == Offer(None, ())
    await release(service, "app-misc/hello-1.9", "dev-libs/hello-3")
    await release(service, "app-misc/hello-1.10", USE="lua", IUSE="lua +ssl")
    for name in ("app-misc/hello", "app-misc/hello-9", "=app-misc/hello-1.10", "app-misc/hello-1.10@desktop"):
        found = await offer(service, name)
        assert (found.release, [package.version for package in found.packages]) == (2, ["1.10", "1.9"])
    assert found.packages[0].use == ("lua", "-ssl")
    assert {package.cp for package in (await offer(service, "hello")).packages} == {
        "app-misc/hello",
        "dev-libs/hello",
    }
    assert (await offer(service, "app-misc/hell")).packages == ()
    await rollback(service.parts, 1)
    assert [package.version for package in (await offer(service, "app-misc/hello")).packages] == ["1.9"]


# -- ten thousand packages

FLAGS = "+nls debug doc ssl static-libs test +threads zlib abi_x86_32"


def big(service: Service, number: int, count: int, version: str) -> None:
    """A release directory with an index of so many packages, of which no file exists."""
    parts = service.parts
    path = parts.production.path(number)
    path.mkdir()
    packed, blocks = [], []
    for place in range(count):
        cpv = f"dev-libs/lib{place:05}-{version}"
        file = package_path(cpv, 1)
        text = {"BUILD_ID": "1", "CPV": cpv, "IUSE": FLAGS, "PATH": file, "REPO": "demo", "SIZE": "1000"}
        text |= {"RDEPEND": "sys-libs/zlib:0/1= " * 10, "USE": "nls ssl threads amd64"}
        blocks.append(Entry(Key(cpv, 1), file, 1000, render(text)).text)
        packed.append({"path": file, "size": 1000, "sha512": f"{place:0128x}"})
    header = render({"PACKAGES": str(count), "TIMESTAMP": "1", "VERSION": "0"})
    (path / FILE).write_bytes(b"".join([header, *blocks]))
    document = {"release": number, "packages": packed}
    (path / "release.json").write_bytes(msgspec.json.encode(msgspec.convert(document, Manifest)))


async def test_ten_thousand_packages(service: Service) -> None:
    for number, version in ((1, "1.0"), (2, "1.1")):
        big(service, number, 10_000, version)
        await stage(service.parts, f"app-misc/hello-{number}")
        await service.parts.swarm.submit(
            c.RecordVerify(verify_id="v", score=0, findings=(Finding("x", "y", 0),), packages=1),
            c.PrepareRelease(verify_id="v"),
            c.PublishRelease(release=number, packages=10_000, size=1, added=1),
        )
    found = await contents(service, 2)
    assert len(found.packages) == 10_000
    assert isinstance(found.packages[0], Package)
    assert len((await difference(service, 1, 2)).changes) == 10_000


# -- what one missed


async def test_what_happened_since_a_look(service: Service) -> None:
    state = service.parts.swarm.state
    seq, at = state.seq, state.at
    assert (await digest(service, seq, at)).quiet
    await release(service, "app-misc/hello-1.0", "dev-libs/aa-1.0")
    told = await service.get(f"/api/v1/digest?after={seq}&at={at!r}")
    found = msgspec.convert(told, Digest)
    assert (found.staged, found.seconds, found.releases) == (2, 2.0, (1,))
    assert (found.after, found.upto) == (seq, service.parts.swarm.state.seq)
    assert told["next"]["text"] == "release 1 is live"
    assert (await digest(service, found.upto, service.parts.swarm.state.at)).quiet


async def test_why_of_what_clients_have_already_says_so(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    await service.parts.swarm.submit(c.OpenSession(clear=True))
    for name in ("hello", "app-misc/hello", "=app-misc/hello-1.0"):
        answer = (await service.ask("GET", f"/api/v1/why/{name}")).document["error"]
        assert answer["message"].endswith("is not in the queue: release 1 gives clients app-misc/hello-1.0")
        assert "build-swarm fresh" in answer["hint"]


async def test_what_happened_since_a_moment(service: Service) -> None:
    await release(service, "app-misc/hello-1.0")
    moments = [record.event.at for record in service.parts.swarm.journal.read()]
    for since, after in (
        (0.0, 0),
        (moments[4], moments.index(moments[4])),
        (time.time() + 60, len(moments)),
        ("inf", len(moments)),
        ("nan", 0),
    ):
        told = await service.get(f"/api/v1/digest?since={since}")
        assert (told["after"], told["upto"]) == (after, len(moments))
        assert (told["staged"] == 1) == (after < len(moments))


async def test_a_log_that_was_wiped_is_not_the_one_that_was_looked_at(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as first:
        await see_node(first.parts)
        seq, at = first.parts.swarm.state.seq, first.parts.swarm.state.at
    async with running(settings(tmp_path)) as again:
        assert (await digest(again, seq, at)).after == seq
    shutil.rmtree(tmp_path / "state")
    async with running(settings(tmp_path)) as other:
        await see_node(other.parts)
        await see_node(other.parts)
        assert other.parts.swarm.state.seq >= seq
        assert (await other.ask("GET", f"/api/v1/digest?after={seq}&at={at!r}")).code == "unknown_event"


async def test_a_digest_of_very_many_events(service: Service) -> None:
    node = service.parts.swarm.state.nodes["izar"]
    await service.parts.swarm.submit(
        *(c.RecordAction(name="balance", params={}) for _ in range(20_000)),
        c.SeeNode(name="other", facts=node.facts),
    )
    found = await service.get("/api/v1/digest?after=0")
    assert found["asked"] == {"balance": 20_000}
