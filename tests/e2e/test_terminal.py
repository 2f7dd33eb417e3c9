"""The terminal of the end-to-end tests itself: keys arrive, screens are read, ends are seen."""

from tests.e2e.terminal import terminal


def test_what_is_typed_arrives_and_what_is_printed_is_read() -> None:
    with terminal(
        ["sh", "-c", 'read line; echo "heard: $line"; printf "\\033]2;my title\\007"; exit 3']
    ) as shell:
        shell.type("abc def")
        shell.press("Enter")
        shell.until("heard: abc def")
        shell.until(lambda _: shell.title() == "my title")
        shell.until(lambda _: shell.ended == 3)


def test_a_window_can_be_resized() -> None:
    with terminal(["sh", "-c", "while :; do stty size; sleep 0.1; done"], size=(80, 24)) as shell:
        shell.until("24 80")
        shell.resize(100, 30)
        shell.until("30 100")
