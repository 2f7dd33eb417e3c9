"""Drift: what differs between two configurations, line by line."""

from swarm_node.model.drift import LINES_MOST, FileDrift, TreeDrift, drift
from swarm_node.model.messages import Configuration

TREES = {"gentoo": "aa", "overlay": "bb"}
MAKE_CONF = 'CFLAGS="-O2"\nUSE="x y"\nFEATURES="ccache"\n'


def configured(node: str, trees: dict[str, str] = TREES, **files: str) -> Configuration:
    return Configuration(node, "h", {name.replace("_", "."): text for name, text in files.items()}, trees)


def test_alike_is_in_step() -> None:
    found = drift(configured("izar", make_conf=MAKE_CONF), configured("main", make_conf=MAKE_CONF))
    assert found.in_step
    assert (found.node, found.against, found.files, found.trees) == ("izar", "main", (), ())


def test_a_line_that_differs_is_shown_with_its_neighbours() -> None:
    own = MAKE_CONF.replace("x y", "x -y")
    found = drift(configured("izar", make_conf=own), configured("main", make_conf=MAKE_CONF))
    assert not found.in_step
    assert found.files == (
        FileDrift(
            "make.conf",
            (
                "--- main: make.conf",
                "+++ izar: make.conf",
                "@@ -1,3 +1,3 @@",
                ' CFLAGS="-O2"',
                '-USE="x y"',
                '+USE="x -y"',
                ' FEATURES="ccache"',
            ),
        ),
    )


def test_a_file_that_one_of_them_lacks_is_shown_whole() -> None:
    more, less = configured("izar", package_use="a/b c\n"), configured("main")
    assert drift(more, less).files[0].lines[:2] == ("--- /dev/null", "+++ izar: package.use")
    assert drift(less, more).files[0].lines == (
        "--- izar: package.use",
        "+++ /dev/null",
        "@@ -1 +0,0 @@",
        "-a/b c",
    )
    assert drift(configured("izar", empty=""), less).files == (
        FileDrift("empty", ("--- /dev/null", "+++ izar: empty")),
    )


def test_a_long_difference_is_cut() -> None:
    long = "".join(f"line {number}\n" for number in range(3 * LINES_MOST))
    (file,) = drift(configured("izar", make_conf=long), configured("main")).files
    assert len(file.lines) == LINES_MOST + 1
    assert file.lines[-1] == f"… and {2 * LINES_MOST + 3} more lines"


def test_trees_are_compared_too() -> None:
    found = drift(configured("izar", {"gentoo": "cc"}), configured("main"))
    assert found.trees == (TreeDrift("gentoo", "cc", "aa"), TreeDrift("overlay", "", "bb"))
    assert not found.in_step
    assert drift(configured("izar", {**TREES, "own": "dd"}), configured("main")).in_step
