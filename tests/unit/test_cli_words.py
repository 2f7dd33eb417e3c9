"""Command lines: what they mean, and what is said about those that mean nothing."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console import cli
from swarm_console.actions.registry import ACTIONS
from swarm_console.commandline.arguments import parse
from swarm_console.commandline.request import BY_ACTION, PROGRAM, Request, understood
from swarm_console.errors import INTERRUPTED, Usage, explained
from swarm_node.model.refusal import CODES, Refused

SAME = {
    "--run status": "status",
    "--run queue --status blocked": "queue --status blocked",
    "--gateway http://h:1 --run why a/b --json": "why a/b --gateway http://h:1 --json",
    "--yes --run finalize --force because": "--yes finalize --force because",
    "--run=rollback 3": "rollback 3",
    "--run unblock a b --jobs 2": "unblock --jobs 2 a b",
    "--demo-dir /d --run logs vega --follow": "logs vega --follow --demo-dir /d",
}


def facts(request: Request) -> dict[str, object]:
    return {**vars(request), "action": request.action.name if request.action else None}


@pytest.mark.parametrize(("long", "short"), SAME.items(), ids=SAME)
def test_both_names_of_the_program_say_the_same(long: str, short: str) -> None:
    assert facts(understood(long.split(), PROGRAM)) == facts(understood(short.split(), BY_ACTION))


def test_parameters_have_their_kinds_and_defaults() -> None:
    request = parse(["--run", "simulate", "--fleet", "4,2", "--noise", "0.5", "--draws", "3"], PROGRAM)
    assert request.params == {
        "graph": "",
        "edges": "stage3_needs",
        "fleet": "4,2",
        "noise": 0.5,
        "draws": 3,
        "seed": 0,
    }
    assert parse(["--run", "unblock"], PROGRAM).params == {"packages": [], "jobs": None, "node": None}


@pytest.mark.parametrize("name", ["status", "info", "nodes", "queue", "releases", "history"])
def test_the_quick_way_means_what_the_parser_means(name: str) -> None:
    assert facts(understood(["--run", name])) == facts(parse(["--run", name], PROGRAM))
    assert facts(understood([name], BY_ACTION)) == facts(parse([name], BY_ACTION))


def test_a_replay_is_the_whole_screen_under_both_names() -> None:
    for program in (PROGRAM, BY_ACTION):
        for session in ("3", "last"):
            request = parse(["--replay", session], program)
            assert (request.action, request.replay) == (None, session)
    assert parse([], PROGRAM).replay is None


def test_a_demo_directory_alone_means_the_demo() -> None:
    assert parse(["--demo-dir", "/d"], PROGRAM).demo and not parse([], PROGRAM).demo


WRONG = {
    "--run stauts": ("stauts", "did you mean status"),
    "--run": ("--run", "--help"),
    "--run why": ("PACKAGE", "--run why --help"),
    "--run why a b": ("'b'", "usage: why PACKAGE"),
    "--run logs x --folow": ("--folow", "--follow"),
    "--run history --limit many": ("many", "--run history --help"),
    "--run queue --status gone": ("gone", "--run queue --help"),
    "--jsn --run status": ("--jsn", "--json"),
    "status": ("status", "swarm-console --run status"),
    "--demo --gateway http://g:1": ("--demo", "--gateway"),
    "--completion tcsh": ("tcsh", "--help"),
    "--web --run status": ("--web", "--run status"),
    "--web --json": ("--web", "--json"),
    "--port 80": ("--port", "--web --port"),
    "--host ::1": ("--host", "--web --host"),
    "--web --port http": ("'http'", "65535"),
    "--web --port 70000": ("'70000'", "65535"),
    "--replay": ("--replay", "--help"),
    "--replay gone": ("'gone'", "--run sessions"),
    "--replay -1": ("'-1'", "--run sessions"),
    "--replay 1 --run status": ("--replay", "leave out"),
    "--replay 1 --json": ("--replay", "--run sessions --json"),
    "--replay 1 --web": ("--web", "leave out --replay"),
}


@pytest.mark.parametrize(("line", "said"), WRONG.items(), ids=WRONG)
def test_a_wrong_line_is_told_what_would_be_right(line: str, said: tuple[str, str]) -> None:
    with pytest.raises(Usage) as caught:
        understood(line.split(), PROGRAM)
    assert said[0] in caught.value.message and said[1] in caught.value.hint


WORDS = [
    *ACTIONS,
    "--run",
    "--json",
    "--yes",
    "--force",
    "--list",
    "--help",
    "--",
    "-",
    "",
    "x",
    "1",
    "--demo",
    "--replay",
    "last",
]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), max_size=6), st.booleans())
def test_no_line_breaks_the_parser(words: list[str], by_action: bool) -> None:
    try:
        request = understood(words, BY_ACTION if by_action else PROGRAM)
    except Usage as error:
        assert error.message and error.hint
    else:
        assert (
            request.text
            or request.action is None
            or set(request.params) >= {parameter.name for parameter in request.action.parameters}
        )


@pytest.mark.parametrize("code", CODES)
def test_a_refusal_keeps_its_exit_code_and_document(code: str) -> None:
    document, exit_code = explained(Refused(code, "no", "then", id=7))
    assert exit_code == CODES[code].exit_code
    assert document == {"error": {"code": code, "message": "no", "hint": "then", "id": 7}}


def test_other_errors_have_one_too() -> None:
    assert explained(Usage("what", "so"))[1] == 2
    assert explained(KeyboardInterrupt())[1] == INTERRUPTED == 130
    assert explained(FileNotFoundError(2, "No such file", "/x"))[0]["error"]["message"] == "/x: No such file"
    document, code = explained(ZeroDivisionError("by zero"))
    assert code == 1 and "ZeroDivisionError: by zero" in document["error"]["message"]


def run(words: str, capsys: pytest.CaptureFixture[str], program: str = PROGRAM) -> tuple[int, str, str]:
    """`main` in this process: exit code, stdout, stderr."""
    code = cli.main(words.split())
    return code, *capsys.readouterr()


def test_read_only_refuses_every_action_that_changes(capsys: pytest.CaptureFixture[str]) -> None:
    for action in ACTIONS.values():
        if action.changes:
            words = " ".join("x" for parameter in action.parameters if parameter.required)
            code, out, err = run(f"--readonly --yes --run {action.name} {words}", capsys)
            assert (code, out) == (4, "") and action.name in err


def test_a_dangerous_action_without_yes_and_terminal_is_usage(
    capsys: pytest.CaptureFixture[str], free_port: Callable[[], int]
) -> None:
    code, out, err = run(f"--gateway http://127.0.0.1:{free_port()} --run reset", capsys)
    assert (code, out) == (2, "") and "dangerous" in err and "--yes" in err


def test_an_error_with_json_is_one_document_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("--run stauts --json", capsys)
    assert (code, err) == (2, "")
    assert json.loads(out)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("--version", "swarm-console "),
        ("--list", "action "),
        ("--help", "usage: "),
        ("--run why --help", "usage"),
    ],
)
def test_texts_are_printed(words: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(words, capsys)
    assert (code, err) == (0, "") and out.startswith(begins)


def test_without_a_terminal_the_dashboard_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("--gateway http://127.0.0.1:1", capsys)
    assert (code, err) == (3, "") and out.startswith("═══ BUILD SWARM STATUS ═══\nGateway: ✗ 127.0.0.1:1")


def test_json_without_an_action_is_the_dashboard_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run("--json --gateway http://127.0.0.1:1", capsys)
    assert (code, err) == (3, "") and json.loads(out)["error"]["code"] == "gateway_unreachable"


def test_what_is_written_does_a_terminal_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    cli.show("\x1b]52;c;ZXZpbA==\x07a\u202eb\x1b[31mc\x9b2J")
    out = capsys.readouterr().out
    assert out.endswith("\n") and out[:-1].isprintable() and "\u202e" not in out


def test_a_document_is_made_harmless_throughout() -> None:
    dirty = {"a\x1b[1m": ["\x07", {"b": "fine", "n": 1}], "none": None}
    clean = cli.clean(dirty)
    assert clean["none"] is None and "\x1b" not in json.dumps(clean, ensure_ascii=False)
    assert next(iter(clean.values()))[1] == {"b": "fine", "n": 1}
