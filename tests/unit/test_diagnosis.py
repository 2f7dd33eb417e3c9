"""From a log to the cause and its cure: every rule by its example, real failures, and logs of any content."""

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.commandline.causes import asked_by
from swarm_node.model import failure
from swarm_node.model.circumstances import Circumstances
from swarm_node.model.diagnosis import EVIDENCE_LINES, LONGEST_LINE, diagnose, package, phases
from swarm_node.model.excerpt import (
    ESCAPES,
    HEAD,
    HEAD_LINES,
    MARKS,
    PIECE,
    TAIL,
    TAIL_LINES,
    WINDOW,
    ends,
    excerpt,
)
from swarm_node.model.failure import REMEDIES, BadRules, Rule, rules_of
from swarm_node.model.work import Diagnosis, Place

EDIT = "edit-portage-and-fresh"
TRANSIENT = {"disk-full", "out-of-memory", "transient-network"}
KINDS = {
    *(
        "missing-overlay",
        "tree-out-of-sync",
        "kernel-specific",
        "use-mismatch",
        "masked",
        "transient-network",
    ),
    *("out-of-memory", "disk-full", "dependency-conflict", "missing-dependency", "compile-error"),
    *("test-failure", "sandbox-violation", "file-collision", "network-sandbox", "toolchain", "patch-failed"),
    *("other", "drone-trouble", "stuck", "time-limit", "bad-package"),
}
RULES_FILE = Path(failure.__file__).with_name("failures.toml")
RULES = rules_of([("failures.toml", RULES_FILE.read_text(encoding="utf-8"))])
SHARED = Path(os.environ.get("FAILURES", Path(__file__).parents[3] / "shared" / "data" / "failures"))


def found(log: str | bytes, phase: str = "", reason: str = "") -> Diagnosis:
    data = log if isinstance(log, bytes) else log.encode()
    return diagnose(excerpt([data]), RULES, Circumstances(phase, reason))


def named(rule: Rule) -> str:
    return f"{rule.entry.kind}-{rule.entry.confidence}"


def test_every_kind_has_a_rule() -> None:
    assert {rule.entry.kind for rule in RULES} == KINDS


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.patterns], ids=named)
def test_a_rule_tells_its_example(rule: Rule) -> None:
    entry = rule.entry
    assert entry.example, "every rule with patterns has an example"
    log = f">>> Emerging\nmake: all fine\n{entry.example}\nthe end\n"
    diagnosis = diagnose(excerpt([log.encode()]), RULES, asked_by(entry))
    assert (diagnosis.kind, diagnosis.remedy) == (entry.kind, entry.remedy)
    assert (diagnosis.summary, diagnosis.confidence) == (entry.summary, entry.confidence)
    assert diagnosis.evidence
    assert entry.params.items() <= diagnosis.params.items()


@pytest.mark.parametrize(
    ("line", "kind", "remedy"),
    [
        ('emerge: there are no ebuilds to satisfy "app-misc/foo::guru".', "missing-overlay", "sync-overlays"),
        ('emerge: there are no ebuilds to satisfy "=app-misc/a-1::gentoo".', "tree-out-of-sync", "sync-fix"),
        ("!!! Digest verification failed:", "tree-out-of-sync", "sync-fix"),
        ("!!! Manifest file not found: '/repo/Manifest'", "tree-out-of-sync", "sync-fix"),
        (" * ERROR: x failed: meson.eclass could not be found by inherit()", "tree-out-of-sync", "sync-fix"),
        (" * Could not find a Makefile in the kernel source directory.", "kernel-specific", "build-local"),
        ("  The following REQUIRED_USE flag constraints are unsatisfied:", "use-mismatch", EDIT),
        ("cc1: error: write: No space left on device", "disk-full", "unblock"),
        ("!!! Couldn't download 'foo-1.tar.gz'. Aborting.", "transient-network", "unblock"),
        ("HTTP request sent, awaiting response... 503 Service Unavailable", "transient-network", "unblock"),
        ('emerge: there are no binary packages to satisfy "=dev-libs/a-1"', "missing-dependency", "human"),
        ("ld: cannot find -lfoo: No such file or directory", "missing-dependency", "human"),
        ("ld: cannot find -lgcc_s", "toolchain", "human"),
        ("foo.c:1:10: fatal error: 'zlib.h' file not found", "missing-dependency", "human"),
        ("foo.cc:1:10: fatal error: vector: No such file or directory", "toolchain", "human"),
        ("g++: internal compiler error: Killed (program cc1plus)", "out-of-memory", "unblock"),
        ("configure: error: libfoo is required but was not found", "missing-dependency", "human"),
        ("configure: error: C compiler cannot create executables", "toolchain", "human"),
    ],
)
def test_causes_that_look_alike_are_told_apart(line: str, kind: str, remedy: str) -> None:
    diagnosis = found(f">>> Compiling\nmake: all fine\n{line}\n>>> the end\n")
    assert (diagnosis.kind, diagnosis.remedy) == (kind, remedy)
    assert diagnosis.transient == (kind in TRANSIENT)
    assert diagnosis.evidence == (line.strip(),)
    assert diagnosis.places == (Place(3, len(">>> Compiling\nmake: all fine\n")),)


def test_the_phase_tells_a_forbidden_network_from_a_broken_one() -> None:
    line = "fatal: unable to access 'https://example.org/x.git/': Could not resolve host: example.org\n"
    assert found(line, "unpack").kind == "transient-network"
    assert found(line, "compile").kind == "network-sandbox"
    assert found(line + " * ERROR: a/b-1::x failed (configure phase):\n").kind == "network-sandbox"


@pytest.mark.parametrize(
    ("reason", "kind", "transient"),
    [
        ("time_limit", "time-limit", False),
        ("no_output", "stuck", True),
        ("memory_limit", "out-of-memory", True),
        ("drone", "drone-trouble", True),
    ],
)
def test_what_the_drone_knows_decides(reason: str, kind: str, transient: bool) -> None:
    diagnosis = found("foo.c:1: error: x\n", "compile", reason)
    assert (diagnosis.kind, diagnosis.transient) == (kind, transient)


def test_what_is_unknown_shows_the_end_of_the_log() -> None:
    log = "\n".join(f"line {number}" for number in range(100)) + "\n\n"
    diagnosis = found(log, "install")
    assert (diagnosis.kind, diagnosis.remedy) == ("other", "human")
    assert diagnosis.summary == "it failed in the install phase"
    assert diagnosis.evidence == tuple(f"line {number}" for number in range(95, 100))
    assert [place.line for place in diagnosis.places] == [96, 97, 98, 99, 100]
    assert found("").evidence == ()
    assert found("").summary == "it failed in the unknown phase"


def test_the_cause_is_found_below_a_parallel_makes_noise() -> None:
    noise = "gcc -Werror=format -c src/lib/module.c -o module.o\n"
    error = "src/foo.c:12:3: error: expected ';' before '}' token\n"
    end = "make: *** [all] Error 2\n * ERROR: dev-libs/foo-1.2-r3::gentoo failed (compile phase):\n"
    before = noise * (3 * WINDOW // len(noise))
    log = before + error + noise * 3000 + "make[2]: *** [foo.o] Error 1\n" + before + end
    pieces = (log.encode()[at : at + 70_001] for at in range(0, len(log), 70_001))
    kept = excerpt(pieces)
    diagnosis = diagnose(kept, RULES)
    assert diagnosis.kind == "compile-error"
    assert diagnosis.evidence[0] == error.strip()
    assert diagnosis.places[0] == Place(before.count("\n") + 1, len(before))
    assert len(kept.text) < HEAD + TAIL + WINDOW // 2
    assert package(kept) == "dev-libs/foo-1.2-r3"
    assert phases(kept, "build") == ("compile", "build")


def test_both_ends_of_a_log_are_an_excerpt() -> None:
    head, tail = b"the first line\n" * 10, b"rest of a line\n" + b"x" * 10 + b"\nfoo.c:3:5: error: no\nlast"
    offset = 1 << 30
    log = ends(head, tail, offset)
    found = diagnose(log, RULES)
    (place,) = found.places
    assert found.kind == "compile-error"
    assert place.offset == offset + tail.index(b"foo.c")
    assert b"rest of a line" not in log.text
    assert log.lines[0].offset == 0
    assert len(ends(b"\n" * HEAD, b"\n" * TAIL, offset).lines) == HEAD_LINES + TAIL_LINES
    assert ends(b"", b"x" * TAIL, offset).lines[0].offset == offset, "a line that is longer than an end"


def test_an_earlier_phases_grumble_is_not_the_cause() -> None:
    log = (
        ">>> Configuring source in /w ...\nPackage zlib was not found in the pkg-config search path\n"
        "configure: error: libzip is required\n>>> Compiling source in /w ...\nfoo.c:3:5: error: no ;\n"
        " * ERROR: a/b-1::x failed (compile phase):\n"
    )
    assert found(log).evidence[0] == "foo.c:3:5: error: no ;"


def test_colours_quotes_and_wrapped_lines_hide_nothing() -> None:
    log = "\x1b[01m\x1b[Kfoo.c:3:5:\x1b[m\x1b[K \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kno ;\n"
    assert found(log).evidence == ("foo.c:3:5: error: no ;",)
    assert found(" * Package 'a/b-1' NOT merged due\n * to file collisions.\n").kind == "file-collision"
    assert (
        len(found("> > !!! One of the masked\n> > - a/b-1::x (masked\n> > by: ~amd64 keyword)\n").evidence)
        == 2
    )


def test_a_line_without_an_end_is_cut() -> None:
    diagnosis = found("x" * 3 * WINDOW + " error: No space left on device" + "y" * 100_000)
    assert diagnosis.kind == "disk-full"
    assert diagnosis.places[0].line == 1
    assert 3 * WINDOW - PIECE <= diagnosis.places[0].offset <= 3 * WINDOW
    assert max(map(len, diagnosis.evidence)) <= LONGEST_LINE


def test_the_end_of_a_line_may_be_that_of_windows() -> None:
    log = "FATAL: no error here\r\nTest suite\r\n  3 failing\r\n"
    assert found(log).kind == "test-failure"
    assert found(log).evidence == ("3 failing",)


def test_half_a_character_is_no_end() -> None:
    error = "größe.c:3:5: error: …".encode()
    for size in range(len(error)):
        pieces = [error[:size], error[size:]]
        assert diagnose(excerpt(pieces), RULES).evidence == (error.decode(),)
    assert found(error[:-1]).evidence == ("größe.c:3:5: error: \ufffd",)


def test_words_of_an_earlier_phase_count_for_little() -> None:
    setup = " * Unable to find kernel sources at /usr/src/linux\n"
    begun = ">>> Compiling source in /w ...\n"
    compiled = " * ERROR: a/b-1::x failed (compile phase):\n"
    assert found(setup + begun + compiled).kind == "compile-error"
    assert (found(setup).kind, found(setup + begun).kind) == ("kernel-specific", "kernel-specific")
    assert found(setup + begun).confidence < found(setup).confidence / 2


words = st.sampled_from(
    [*MARKS, b"\n", b"\r\n", b"\x1b[31m", b"\x1b]0;", b"\xc3", b"error: ", b" " * 50, b"\0"]
)
signs = st.sampled_from([b">>> Compiling source", *(rule.entry.example.encode() for rule in RULES)])
halves = st.tuples(signs, st.integers(0, 200)).map(lambda pair: pair[0][: pair[1]])
fillings = st.sampled_from([b" ", b"*", b"x", b"1", b">", b"(", b"a/", b"-", b'"'])
runs = st.tuples(fillings, st.integers(1, 400)).map(lambda pair: pair[0] * pair[1])
logs = st.lists(st.one_of(st.binary(max_size=30), words, signs, halves, runs), max_size=80).map(b"".join)


@given(logs, st.integers(1, 50), st.text(max_size=5))
def test_any_log_has_a_short_diagnosis_however_it_is_cut(log: bytes, size: int, reason: str) -> None:
    pieces: Iterator[bytes] = (log[at : at + size] for at in range(0, len(log), size))
    kept = excerpt(pieces)
    assert kept == excerpt([log])
    for line in kept.lines:
        assert line.number == log[: line.offset].count(b"\n") + 1
        assert line.text == ESCAPES.sub(b"", log[line.offset :].partition(b"\n")[0][:PIECE])
    diagnosis = diagnose(kept, RULES, Circumstances("compile", reason))
    assert diagnosis.remedy in REMEDIES
    assert len(diagnosis.evidence) == len(diagnosis.places) <= EVIDENCE_LINES
    assert all(
        len(line) <= LONGEST_LINE and line.isprintable() for line in diagnosis.evidence if line.isascii()
    )


BIG = """
import sys
from bench.diagnosis import peak
from tests.unit.test_diagnosis import RULES, diagnose, excerpt
piece = eval(sys.argv[1])
pieces = lambda: (piece * (1_000_000 // len(piece)) for _ in range(100))
baseline = peak()
print(diagnose(excerpt(pieces()), RULES).kind, peak() - baseline)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        (b"gcc -Werror=format -c src/lib/module.c -o module.o\n", "other"),
        (b"x cannot illed error: y ", "compile-error"),
        (b"\n", "other"),
        (b"a\n", "other"),
        (b"\0\xff\x1b[31m", "other"),
        (b"a.c:1: error: x annot ERROR !!! *** [ FAILED illed\n", "compile-error"),
        (b"configure: error: " + b" " * 200 + b"\n", "other"),
        (b"- a/b-1::c (masked by: " + b"x" * 60 + b"\n", "masked"),
        (b"> > * # | ", "other"),
        (b"1" * 100, "other"),
    ],
    ids=[
        *("make", "one line", "empty lines", "short lines", "binary", "all errors"),
        *("spaces", "masks", "quotation marks", "digits"),
    ],
)
def test_a_hundred_megabytes_in_bounds(piece: bytes, kind: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BIG, repr(piece)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    found_kind, kilobytes = done.stdout.split()
    assert found_kind == kind
    assert int(kilobytes) < 64 << 10


RULE = """
[[rule]]
kind = "licence-server"
remedy = "unblock"
summary = "the licence server is asleep"
confidence = 0.99
patterns = ['no licence from \\S+']
example = "flexlm: no licence from 10.0.0.1"
"""


def test_a_rule_of_ones_own_goes_first() -> None:
    rules = rules_of([("own.toml", RULE), ("failures.toml", RULES_FILE.read_text(encoding="utf-8"))])
    log = excerpt([b"a.c:1: error: no licence\nfrom here\nNo space left on device\n"])
    assert diagnose(log, rules).kind == "licence-server"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[rule]]", "[[rule", "own.toml: no TOML"),
        ("[[rule]]", "[[rules]]", r"own.toml: a file of rules holds \[\[rule\]\] tables"),
        ('"unblock"', '"reboot"', r"own.toml: rule 1 \(licence-server\).*remedy"),
        ("0.99", "7", r"own.toml: rule 1 \(licence-server\).*confidence"),
        ("confidence", "rank", r"own.toml: rule 1 \(licence-server\)"),
        ("'no licence from", "'no (licence from", r"own.toml: rule 1 \(licence-server\): bad pattern"),
        (r"'no licence from \S+'", "'x*'", r"own.toml: rule 1 \(licence-server\).*everywhere"),
        ("flexlm: no", "flexlm: yes", r"own.toml: rule 1 \(licence-server\).*example"),
        ('kind = "licence-server"', "kind = 3", "own.toml: rule 1: .*kind"),
    ],
)
def test_what_is_wrong_with_a_rule_names_file_and_rule(old: str, new: str, told: str) -> None:
    with pytest.raises(BadRules, match=told):
        rules_of([("own.toml", RULE.replace(old, new, 1))])


@pytest.mark.skipif(not (SHARED / "labels.csv").is_file(), reason=f"no labelled failures at {SHARED}")
def test_real_failures_are_told_apart() -> None:
    with (SHARED / "labels.csv").open(encoding="utf-8", newline="") as table:
        labels = list(csv.DictReader(table))
    kinds = fixes = 0
    for label in labels:
        diagnosis = found((SHARED / label["file"]).read_bytes())
        kinds += diagnosis.kind == label["kind"]
        fixes += diagnosis.remedy == label["fix"]
    assert len(labels) > 100
    assert kinds >= 0.95 * len(labels)
    assert fixes >= 0.95 * len(labels)
