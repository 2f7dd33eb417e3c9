"""Short logs of failed builds are told apart, and what good builds say misleads nobody."""

import tomllib
from pathlib import Path

import pytest

from tests.unit.test_diagnosis import RULES, found

FAILED = tomllib.loads(Path(__file__).with_name("failed_builds.toml").read_text(encoding="utf-8"))["log"]
BEGUN = """\
>>> Emerging (1 of 1) app-misc/a-1::gentoo
>>> Unpacking source...
>>> Source unpacked in /w
>>> Preparing source in /w/a-1 ...
 * Applying error-handling.patch ... [ ok ]
>>> Source prepared.
"""
CONFIGURED = """\
>>> Configuring source in /w/a-1 ...
checking for error.h... no
checking for libfoo... no
checking for missing... no
configure: WARNING: libbar not found, disabling bar
Run-time dependency x found: NO (tried pkgconfig and cmake)
-- Could NOT find Doxygen (missing: DOXYGEN_EXECUTABLE)
Package foo was not found in the pkg-config search path.
No package 'foo' found
>>> Source configured.
"""
COMPILED = """\
>>> Compiling source in /w/a-1 ...
gcc -Werror=format-security -c error.c -o error.o
error.c:12:3: warning: implicit declaration of function 'open' [-Wimplicit-function-declaration]
make[1]: [clean] Error 1 (ignored)
rm: cannot remove 'x': No such file or directory
   Compiling error-chain v0.12.4
   Compiling failure v0.1.8
warning: unused import: `std::error::Error`
>>> Source compiled.
"""
TESTED = """\
>>> Test phase: app-misc/a-1
XFAIL: test_a
PASS: failing_test
# TOTAL: 3
# FAIL: 0
# ERROR: 0
not ok 3 - a wish # TODO
100% tests passed, 0 tests failed out of 12
===== 30 passed, 1 xfailed in 2s =====
test result: ok. 4 passed; 0 failed; 0 ignored
OK (expected failures=1)
--- PASS: TestFailed (0.0s)
>>> Completed testing app-misc/a-1
"""
INSTALLED = """\
>>> Install app-misc/a-1 into /w/image
 * QA Notice: command not found:
 * \t/w/a-1/configure: line 3: foo: command not found
>>> Completed installing app-misc/a-1 into /w/image
 * You need kernel 5.10 or newer for the sandbox to work
 * Please rebuild x with the foo USE flag for y
>>> app-misc/a-1 merged.
"""
NOTICES = """\
!!! The following installed packages are masked:
- app-misc/z-1::gentoo (masked by: package.mask)
/var/db/repos/gentoo/profiles/package.mask:
# gone

WARNING: One or more updates have been skipped due to a dependency conflict:

dev-libs/x:0

 * IMPORTANT: 12 news items need reading for repository 'gentoo'.
"""
RETRIES = """\
>>> Downloading 'https://a.example.org/x.tgz'
--  Connecting to a.example.org|192.0.2.1|:443... failed: Connection refused.
>>> Downloading 'https://b.example.org/x.tgz'
2024 ERROR 404: Not Found.
 * x.tgz BLAKE2B SHA512 size ;-) ... [ ok ]
"""
ERROR = """\
>>> Compiling source in /w/a-1 ...
a.c:3:4: error: expected ';' before '}' token
 * ERROR: app-misc/a-1::gentoo failed (compile phase):
"""


@pytest.mark.parametrize("log", FAILED, ids=[f"{log['kind']}-{at}" for at, log in enumerate(FAILED)])
def test_a_failed_build_is_told_apart(log: dict[str, str]) -> None:
    diagnosis = found(log["text"])
    assert (diagnosis.kind, diagnosis.remedy) == (log["kind"], log["fix"])
    assert diagnosis.evidence


def test_the_failed_builds_are_of_every_kind_that_a_log_tells() -> None:
    told = {rule.entry.kind for rule in RULES if rule.patterns}
    assert told - {log["kind"] for log in FAILED} <= {"bad-package", "drone-trouble"}


@pytest.mark.parametrize(
    "log",
    [
        "",
        bytes(range(256)) * 40,
        BEGUN + CONFIGURED,
        BEGUN + CONFIGURED + COMPILED,
        BEGUN + CONFIGURED + COMPILED + TESTED,
        BEGUN + CONFIGURED + COMPILED + TESTED + INSTALLED,
        NOTICES + RETRIES + BEGUN + CONFIGURED + COMPILED + TESTED + INSTALLED,
    ],
    ids=["empty", "binary", "configured", "compiled", "tested", "installed", "everything"],
)
def test_what_a_good_build_says_is_no_cause(log: str | bytes) -> None:
    diagnosis = found(log)
    assert diagnosis.kind == "other"
    assert diagnosis.confidence <= 0.3


@pytest.mark.parametrize(
    "before", [NOTICES, RETRIES, BEGUN, BEGUN + CONFIGURED], ids=["notices", "retries", "begun", "configured"]
)
def test_what_comes_before_the_error_does_not_hide_it(before: str) -> None:
    diagnosis = found(before + ERROR)
    assert diagnosis.kind == "compile-error"
    assert "a.c:3:4: error" in diagnosis.evidence[0]


def test_what_fails_after_a_good_end_is_not_the_phases_that_ended() -> None:
    late = found(BEGUN + COMPILED + "!!! a-1: something went wrong with the image\n")
    assert late.kind != "compile-error"
    assert late.confidence <= 0.3
