import io

from training.progress import INTERVAL, SHORTEST, onto


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_progress_now_and_then_and_every_other_line() -> None:
    clock, out = Clock(), io.StringIO()
    say = onto(out, clock=clock)
    for number in range(1, 9):
        clock.now += INTERVAL / 4
        say(f"\r{number} of 8")
    say("done")
    assert out.getvalue() == "4 of 8\n8 of 8\ndone\n"


def test_a_terminal_keeps_one_line_of_progress_and_every_other_line() -> None:
    clock, out = Clock(), Terminal()
    say = onto(out, clock=clock)
    say("begun")
    clock.now = 1.0
    say("\rhalf of it")
    clock.now += SHORTEST / 2
    say("\rtoo soon")
    clock.now += SHORTEST
    say("\rall")
    say("done")
    say("and more")
    assert "half of it" in out.getvalue()
    assert "too soon" not in out.getvalue()
    assert shown(out.getvalue()) == ["begun", "done", "and more", ""]


def shown(written: str) -> list[str]:
    """Return the lines that stand on a terminal in the end."""
    return [line.rpartition("\r\x1b[K")[2] for line in written.split("\n")]
