"""A package in depth: blocked, building, waiting, staged with other USE flags; and what is not there."""

from typing import Any

from swarm_console.screens import doors
from swarm_node.model import commands as c
from swarm_node.model.work import Diagnosis, Place
from tests.tui.conftest import Stage
from tests.tui.scenes.scene import Scene, every_size, keys
from tests.tui.story import Story, building, busy, empty, planned, row

SIZES = ("60x20", "80x24", "120x36", "200x60")
LOG = b"""\
>>> Emerging (1 of 1) media-video/mpv-0.40.0::gentoo
>>> Verifying ebuild manifests
>>> Compiling source in /var/tmp/portage/media-video/mpv-0.40.0/work/mpv-0.40.0 ...
[1/412] Compiling C object libmpv.so.2.5.0.p/common_codecs.c.o
[2/412] Compiling C object libmpv.so.2.5.0.p/video_out_vo_gpu.c.o
FAILED: libmpv.so.2.5.0.p/video_out_vo_gpu.c.o
../video/out/vo_gpu.c:31:10: fatal error: libplacebo/renderer.h: No such file or directory
   31 | #include <libplacebo/renderer.h>
      |          ^~~~~~~~~~~~~~~~~~~~~~~
compilation terminated.
ninja: build stopped: subcommand failed.
 * ERROR: media-video/mpv-0.40.0::gentoo failed (compile phase):
 *   ninja -v -j16 -l0 failed
"""
PROOFS = (
    b"../video/out/vo_gpu.c:31:10: fatal error: libplacebo/renderer.h: No such file or directory",
    b" * ERROR: media-video/mpv-0.40.0::gentoo failed (compile phase):",
)
HEADER = Diagnosis(
    "missing-dependency",
    "edit-portage-and-fresh",
    "it includes a header that no package in its room has",
    evidence=tuple(line.decode() for line in PROOFS),
    params={"file": "package.use", "line": "media-video/mpv -vulkan"},
    confidence=0.9,
    places=tuple(Place(LOG[: LOG.index(line)].count(b"\n") + 1, LOG.index(line)) for line in PROOFS),
)
MPV, GIT, FIREFOX, CURL = (
    "media-video/mpv-0.40.0",
    "dev-vcs/git-2.50.0",
    "www-client/firefox-140.0",
    "net-misc/curl-8.14.1",
)
OLD_CURL = {
    "release": 3,
    "packages": [
        {
            "cpv": "net-misc/curl-8.13.0",
            "slot": "0",
            "repository": "gentoo",
            "build_id": 4,
            "size": 1_100_000,
            "path": "net-misc/curl/curl-8.13.0-4.gpkg.tar",
            "use": ["ssl", "-http2", "idn", "gnutls", "-static-libs"],
        }
    ],
}


def failing() -> Story:
    """A session in which one package failed for a reason that a line of package.use takes away."""
    story = planned()
    while story.state.builds[MPV].status != "blocked":
        attempt = story.work("drone-Izar")
        if story.state.attempts[attempt].build == MPV:
            story.write(attempt, LOG)
            story.fail("drone-Izar", HEADER, 41.0)
        else:
            story.stage("drone-Izar", 75.0)
    return story


def held_up() -> Story:
    """One build waits for others, of which one is blocked."""
    rows = (
        row("dev-lang/rust-1.88.0", reason="1.86.0 → 1.88.0"),
        row("dev-libs/nss-3.112", reason="3.110 → 3.112"),
        row(FIREFOX, "dev-lang/rust-1.88.0", "dev-libs/nss-3.112", reason="139.0 → 140.0"),
        row("mail-client/thunderbird-140.0", FIREFOX, reason="138.0 → 140.0"),
    )
    story = empty()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    story.work("drone-Izar")
    story.tell(c.HoldNode(name="drone-Tarn", held=True, reason="new disk"))
    return story


def staged() -> Story:
    """A package is built with other USE flags than production has."""
    rows = (
        row(
            CURL,
            reason="8.13.0 → 8.14.1",
            use=("ssl", "http2", "-idn", "openssl", "-static-libs", "zstd"),
            install=("=dev-libs/openssl-3.4.1", "=net-libs/nghttp2-1.65.0[threads]"),
        ),
    )
    story = empty()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    attempt = story.work("drone-Tarn")
    story.write(attempt, b">>> Compiling source in /x\n[211/211] Linking target libcurl.so\n>>> Done.\n")
    story.stage("drone-Tarn", 131.0)
    return story


def listened() -> Story:
    """A build under way whose log grows."""
    story = building()
    attempt = story.state.nodes["drone-Izar"].attempt
    assert attempt is not None
    lines = (f"[{number}/400] Compiling C object p/{number}.c.o\n" for number in range(1, 249))
    story.write(attempt, b">>> Compiling source in /x\n" + "".join(lines).encode())
    return story


async def listen(stage: Stage) -> None:
    """Hear the nodes, then open what the first of them builds."""
    busy(stage.story)
    await stage.settle()
    attempt = stage.story.state.nodes["drone-Izar"].attempt
    assert attempt is not None
    doors.package(stage.app, stage.story.state.attempts[attempt].build)
    await stage.settle()


def opened(build: str, *pressed: str) -> Any:
    """Open a package, then press these."""

    async def act(stage: Stage) -> None:
        doors.package(stage.app, build)
        await stage.settle()
        await keys(*pressed)(stage)

    return act


HOSTILE = "dev-libs/foo[bar,-baz]"


def hostile() -> Story:
    """Everything that comes from outside tries to be something else."""
    rows = (
        row(HOSTILE, reason="[/x] \x1b[2Jgone", use=("[bold]", "-\u202egnp"), install=("=a/[/x]-1",)),
        row("dev-libs/[/x]-1", HOSTILE),
    )
    story = empty()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    attempt = story.work("drone-Izar")
    story.write(attempt, b"[/x] \x1b[31mred\x1b]52;c;aGk=\x07\xff\xfe" + b"x" * 3000 + b"\n")
    said = "[/x] \x1b]0;title\x07 [red]not[/red] \u202egnp"
    wrong = Diagnosis("compile-error", "human", said, evidence=(said, "y" * 5000), confidence=0.5)
    story.fail("drone-Izar", wrong)
    return story


HOSTILE_OFFER = {
    "release": 1,
    "packages": [{**OLD_CURL["packages"][0], "cpv": "dev-libs/foo[bar,-baz]", "repository": "[/x]"}],  # type: ignore[index]
}
PICTURES: dict[str, Scene] = {
    **every_size("package-blocked", Scene(failing, opened(MPV)), SIZES),
    **every_size("package-waiting", Scene(held_up, opened(FIREFOX)), SIZES),
    **every_size(
        "package-staged",
        Scene(staged, opened(CURL), answers={"/api/v1/production/net-misc/curl": OLD_CURL}),
        SIZES,
    ),
    **every_size("package-building", Scene(listened, listen), SIZES),
    "package-log": Scene(failing, opened(MPV, "2", "z")),
    "package-needs": Scene(held_up, opened(FIREFOX, "4")),
    "package-remedies": Scene(failing, opened(MPV, "X")),
    "package-gone": Scene(empty, opened("app-misc/gone-1")),
    "package-hostile": Scene(hostile, opened(HOSTILE)),
}
