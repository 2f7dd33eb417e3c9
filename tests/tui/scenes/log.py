"""The log of an attempt: followed, searched, with evidence, times, wrapped, and hostile."""

from collections.abc import Callable
from typing import Any

from swarm_console.screens import doors
from swarm_node.model.work import Diagnosis, Place
from tests.tui.conftest import Stage
from tests.tui.scenes.scene import SIZES, Scene, every_size
from tests.tui.story import Story, building, planned
from tests.tui.watching import press, ready

RUST = "dev-lang/rust-1.88.0"
HEAD = b""">>> Emerging (1 of 1) dev-lang/rust-1.88.0::gentoo
 * rustc-1.88.0-src.tar.xz BLAKE2B SHA512 size ;-) ...                          [ ok ]
>>> Unpacking source...
>>> Source unpacked in /var/tmp/portage/dev-lang/rust-1.88.0/work
>>> Preparing source in /var/tmp/portage/dev-lang/rust-1.88.0/work/rustc-1.88.0-src ...
 * Applying rust-1.88.0-musl-dynamic-linking.patch ...                          [ ok ]
>>> Configuring source in /var/tmp/portage/dev-lang/rust-1.88.0/work/rustc-1.88.0-src ...
>>> Compiling source in /var/tmp/portage/dev-lang/rust-1.88.0/work/rustc-1.88.0-src ...
"""
OBJECT = b"[%4d/4127] Building CXX object lib/Transforms/Scalar/CMakeFiles/LLVMScalarOpts.dir/Pass%d.cpp.o\n"
WARNING = b"../lib/Pass%d.cpp:88:17: warning: unused parameter 'Threshold' [-Wunused-parameter]\n"
FAILURE = b"""FAILED: lib/Target/X86/CMakeFiles/LLVMX86CodeGen.dir/X86ISelLowering.cpp.o
/usr/bin/x86_64-pc-linux-gnu-g++ -D_GNU_SOURCE -O2 -pipe -march=x86-64-v3 -fPIC -o X86ISel.o -c X86ISel.cpp
../lib/Target/X86/X86ISelLowering.cpp:2211:14: error: 'TargetLowering' has no member named 'setMaxDivRem'
 2211 |   setMaxDivRemBitWidthSupported(Subtarget.is64Bit() ? 128 : 64);
      |   ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~
"""
TAIL = b"""ninja: build stopped: subcommand failed.
 * ERROR: dev-lang/rust-1.88.0::gentoo failed (compile phase):
 *   ninja -v -j16 -l0 failed
"""
HOSTILE = (
    b"\x1b]0;owned\x07\x1b[2J\x1b[1;1H\x1b[31mred\x1b[0m [bold]no markup[/bold] [/x] [@click=app.quit]y[/]\n"
    b"clipboard \x1b]52;c;aGVsbG8=\x07 is not yours\n"
    b"NUL \x00\x00 bell \x07 backspace rm\b\bls\n"
    b" 12% done\r 57% done\r100% done\n"
    b"not UTF-8 \xff\xfe\xc3( and half a character \xe6\x97\n"
    + "right to left a\u202egnp.exe, \u2066isolated\u2069, nothing\u200bbetween\n".encode()
    + "wide 日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語\n".encode()
    + b"endless "
    + b"x" * 100_000
    + b"\nthe end\n"
)


def objects(first: int, last: int) -> bytes:
    """Lines of a compiler at work."""
    lines = (OBJECT % (n, n) + (WARNING % n if n % 41 == 0 else b"") for n in range(first, last))
    return b"".join(lines)


def attempt_of(story: Story) -> int:
    attempt = story.state.builds[RUST].attempt
    assert attempt is not None
    return attempt


def compiling(text: bytes = HEAD + objects(1, 2590)) -> Callable[[], Story]:
    """Rust is compiled, and its log grows every eleven seconds."""

    def begin() -> Story:
        story = building()
        number, step = attempt_of(story), len(text) // 8 + 1
        for at in range(0, len(text), step):
            story.write(number, text[at : at + step])
            story.now += 11.0
        return story

    return begin


def failed() -> Story:
    """It failed, and the diagnosis names two lines of the log."""
    text = HEAD + objects(1, 1730) + FAILURE + objects(1730, 1736) + TAIL
    story = planned()
    story.work("drone-Tarn")
    number = story.work("drone-Izar")
    story.write(number, text)
    offsets = [text.index(start) for start in (b"../lib/Target", b" * ERROR")]
    places = tuple(Place(text.count(b"\n", 0, at) + 1, at) for at in offsets)
    found = Diagnosis("compile-error", "human", "the compiler refused a source file", places=places)
    story.fail("drone-Izar", found, seconds=312.0)
    return story


def opened(*keys: str) -> Callable[[Stage], Any]:
    """The log lies open; then these keys, one after the other."""

    async def read(stage: Stage) -> None:
        story = stage.story
        number = max(story.logs)
        if story.state.attempts[number].outcome == "open":
            story.progress("drone-Izar", "compile", 0.62, 12.0)
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        for key in keys:
            await press(stage, key)

    return read


async def in_the_light(stage: Stage) -> None:
    """The light theme."""
    stage.app.action_turn_theme()
    await opened(*LOOKED_FOR)(stage)


LOOKED_FOR = ("slash", *"warning", "enter")
PICTURES: dict[str, Scene] = {
    **every_size("log", Scene(compiling(), opened()), ("60x20", "80x24", "120x36", "200x60")),
    **every_size("log-search", Scene(compiling(), opened(*LOOKED_FOR, "N")), ("60x20", "80x24", "120x36")),
    **every_size("log-failed", Scene(failed, opened("e")), ("60x20", "80x24", "120x36")),
    "log-times": Scene(compiling(objects(1, 40)), opened("t")),
    "log-wrap": Scene(failed, opened("w", "e"), SIZES["80x24"]),
    "log-hostile": Scene(compiling(HOSTILE), opened("g")),
    "log-full": Scene(failed, opened("e", "z"), SIZES["80x24"]),
    "log-typing": Scene(compiling(), opened("slash", *"warn"), SIZES["80x24"]),
    "log-light": Scene(failed, in_the_light),
}
