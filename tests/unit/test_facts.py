"""Facts that a log names, and the lines of etc/portage that Portage proposes."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.configuration import proposed
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import excerpt
from swarm_node.model.facts import FACTS, Change, facts
from swarm_node.model.failure import BadRules, rules_of
from tests.unit.test_diagnosis import RULES


def params(log: str) -> dict[str, str]:
    return diagnose(excerpt([log.encode()]), RULES).params


def change(log: str) -> list[tuple[str, str]]:
    return [(line.file, line.text) for line in proposed(params(log))]


AUTOUNMASK = """
The following {what} changes are necessary to proceed:
 (see "{file}" in the portage(5) man page for more details)
# required by app-misc/top-1::gentoo[ssl]
# required by app-misc/top (argument)
{first}
# required by app-misc/other-1::gentoo
{second}

Use --autounmask-write to write changes to config files (honoring CONFIG_PROTECT).
"""


@pytest.mark.parametrize(
    ("what", "file", "first", "second"),
    [
        ("USE", "package.use", ">=dev-libs/a-1.0 north -south", ">=dev-libs/b-2:3 python_targets_python3_12"),
        ("keyword", "package.accept_keywords", "=dev-libs/a-9999 **", "=dev-libs/b-2 ~amd64"),
        ("mask", "package.unmask", "=dev-libs/a-1.0", "=dev-libs/b-2"),
    ],
)
def test_all_lines_that_portage_proposes_are_taken(what: str, file: str, first: str, second: str) -> None:
    log = AUTOUNMASK.format(what=what, file=file, first=first, second=second)
    assert change(log) == [(file, first), (file, second)]
    quoted = "".join(f"> > {line}\n" for line in log.splitlines())
    assert change(quoted) == [(file, first), (file, second)]


def test_a_section_of_its_own_stays_apart() -> None:
    log = AUTOUNMASK.format(what="USE", file="package.use", first=">=dev-libs/a-1 x", second="")
    more = AUTOUNMASK.format(what="license", file="package.license", first=">=dev-libs/a-1 EULA", second="")
    assert change(log + more) == [("package.use", ">=dev-libs/a-1 x")]


KEYWORDS, LICENSE, UNMASK = "package.accept_keywords", "package.license", "package.unmask"


@pytest.mark.parametrize(
    ("reasons", "lines"),
    [
        ("~amd64 keyword", {KEYWORDS: "=app-misc/foo-1.2-r3 ~amd64"}),
        ("missing keyword", {KEYWORDS: "=app-misc/foo-1.2-r3 **"}),
        ("-* keyword", {KEYWORDS: "=app-misc/foo-1.2-r3 **"}),
        ("Foo-EULA license(s)", {LICENSE: "=app-misc/foo-1.2-r3 Foo-EULA"}),
        ("|| ( A B ) license(s)", {LICENSE: "=app-misc/foo-1.2-r3 A B"}),
        (
            "~amd64 keyword, Foo license(s)",
            {LICENSE: "=app-misc/foo-1.2-r3 Foo", KEYWORDS: "=app-misc/foo-1.2-r3 ~amd64"},
        ),
        ("package.mask", {UNMASK: "=app-misc/foo-1.2-r3"}),
        (
            "package.mask, ~amd64 keyword",
            {UNMASK: "=app-misc/foo-1.2-r3", KEYWORDS: "=app-misc/foo-1.2-r3 ~amd64"},
        ),
        ("invalid: DEPEND: x is not in IUSE", {}),
        ("corruption", {}),
    ],
)
def test_a_mask_names_its_lines(reasons: str, lines: dict[str, str]) -> None:
    assert dict(change(f"- app-misc/foo-1.2-r3::guru (masked by: {reasons})\n")) == lines


def test_of_several_masked_versions_the_first_is_proposed() -> None:
    log = (
        "- app-misc/foo-9999::a (masked by: missing keyword)\n"
        "- app-misc/foo-3::a (masked by: ~amd64 keyword)\n"
        "- app-misc/foo-2::a (masked by: ~amd64 keyword)\n"
    )
    assert change(log) == [(KEYWORDS, "=app-misc/foo-3 ~amd64")]


def test_use_flags_of_a_dependency_and_of_oneself() -> None:
    wanted = (
        'emerge: there are no ebuilds built with USE flags to satisfy "dev-qt/base:6[wayland]".\n'
        "!!! One of the following packages is required to complete your request:\n"
        "- dev-qt/base-6.8.0-r1::gentoo (Change USE: +wayland -eglfs, this change violates constraints)\n"
    )
    assert change(wanted) == [("package.use", "=dev-qt/base-6.8.0-r1 wayland -eglfs")]
    assert change(' *   Please rebuild media-video/codec with USE="x264 -static" enabled\n') == [
        ("package.use", "media-video/codec x264 -static")
    ]
    broken = (
        '!!! The ebuild selected to satisfy "app-misc/sky" has unmet requirements.\n'
        '- app-misc/sky-1.0::demo USE="-north -south"\n\n'
        "  The following REQUIRED_USE flag constraints are unsatisfied:\n    any-of ( north south )\n"
    )
    assert change(broken) == [("package.use", "=app-misc/sky-1.0 north")]


@pytest.mark.parametrize(
    ("log", "fact", "value"),
    [
        ("foo.c:1:10: fatal error: gtk/gtk.h: No such file or directory", "dependency", "gtk/gtk.h"),
        ('ERROR: Dependency "libadwaita-1" not found, tried pkgconfig', "dependency", "libadwaita-1"),
        (
            "configure: error: Package requirements (glib-2.0 >= 2.66) were not met:",
            "dependency",
            "glib-2.0 >= 2.66",
        ),
        ("ModuleNotFoundError: No module named 'hatchling.build'", "dependency", "hatchling.build"),
        ("ld: cannot find -lssl: No such file or directory", "dependency", "-lssl"),
        ("/bin/sh: 1: flex: not found", "dependency", "flex"),
        ('emerge: there are no ebuilds to satisfy "games-misc/moon::steam".', "overlay", "steam"),
        (
            "!!! Section 'guru' in repos.conf has location attribute set to nonexistent directory: '/x'",
            "overlay",
            "guru",
        ),
        ("curl: (6) Could not resolve host: mirror.example.org", "host", "mirror.example.org"),
        (
            "Connecting to mirror.example.org|10.0.0.1|:443... failed: Connection refused.",
            "host",
            "mirror.example.org",
        ),
        (" *   patch -p1  failed with /var/tmp/x/files/fix-1.patch", "patch", "fix-1.patch"),
        ("!!! Fetched file: foo-1.tar.gz VERIFY FAILED!", "file", "foo-1.tar.gz"),
        (" *   pypi.eclass could not be found by inherit()", "file", "pypi.eclass"),
        (" * ACCESS DENIED:  open_wr:      /root/.cache", "path", "/root/.cache"),
        (' * There is NOT at least 9 GiB disk space at "/var/tmp/portage"', "path", "/var/tmp/portage"),
        (
            "make: *** /lib/modules/6.6.30-gentoo/build: No such file or directory.  Stop.",
            "path",
            "/lib/modules/6.6.30-gentoo/build",
        ),
    ],
)
def test_a_fact_is_what_the_log_names(log: str, fact: str, value: str) -> None:
    assert params(f">>> all fine\n{log}\nthe end\n")[fact] == value


@pytest.mark.parametrize(
    "log",
    [
        "- app-misc/foo-1::x (Change USE: $(reboot) `id`)",
        '>=a/b-1 x"; rm -rf /\n',
        "ModuleNotFoundError: No module named '\x1b]0;x\x07'",
        'emerge: there are no ebuilds to satisfy "a/b::../../etc".',
    ],
)
def test_what_is_no_such_thing_is_left_out(log: str) -> None:
    found = params(f"The following USE changes are necessary to proceed:\n{log}\n")
    assert not {"use", "overlay", "line"} & found.keys()


@given(st.sampled_from(sorted(FACTS)), st.text(alphabet=string.printable + "\u202e\x85é", max_size=300))
def test_a_fact_is_short_and_one_line(name: str, text: str) -> None:
    pattern = re.compile(rb"(?s)=(?P<%b>.*)=" % name.encode())
    found = facts(pattern.finditer(b"=" + text.encode() + b"="), [Change("package.use", f"{{{name}}} x")])
    for value in found.values():
        assert value.isprintable() and len(value) <= 4000
    if name not in ("file", "path", "patch"):
        assert not set(found.get("line", "")) & set("\\\"'`;|&!\n\r\u202e")


RULE = """
[[rule]]
kind = "keyed"
remedy = "edit-portage-and-fresh"
summary = "it is keyed"
confidence = 0.5
patterns = ['keyed (?P<atom>\\S+) by (?P<keyword>\\S+)']
change = [{ file = "package.accept_keywords", line = "{atom} {keyword}" }]
example = "keyed a/b by ~x86"
params = { atom = "a/b", keyword = "~x86", file = "package.accept_keywords", line = "a/b ~x86" }
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("P<keyword>", "P<lock>", "lock: no fact; there are overlay, atom"),
        ("{keyword}", "{use}", "the change asks for use, which no pattern names"),
        ("{keyword}", "{keyword", "the change's line: "),
        ('"package.accept_keywords", line = "{', '"make.conf", line = "{', "file"),
        ('"a/b ~x86"', '"a/b x86"', "its example says .*~x86"),
    ],
)
def test_what_is_wrong_with_a_change_names_file_and_rule(old: str, new: str, told: str) -> None:
    assert rules_of([("own.toml", RULE)])
    with pytest.raises(BadRules, match=rf"own.toml: rule 1 \(keyed\).*{told}"):
        rules_of([("own.toml", RULE.replace(old, new, 1))])
