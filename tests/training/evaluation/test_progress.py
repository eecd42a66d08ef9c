import io

from training.evaluation.progress import Progress


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_time_left_follows_what_is_left() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock=clock)
    progress.start("gte-mini", ["x" * 68] * 100, longest=1000)
    clock.now = 50.0  # loading sets is no encoding
    progress.begin("scifact")
    clock.now = 60.0
    progress.encoded(["x" * 68] * 25)
    assert progress.state() == "gte-mini: scifact, 25%, 2 texts/s, 0:30 left"


def test_what_a_model_cannot_read_costs_nothing() -> None:
    clock = Clock()
    progress = Progress(io.StringIO(), clock=clock)
    progress.start("m", ["x" * 100_000, "x" * 100], longest=100)
    clock.now = 1.0
    progress.encoded(["x" * 100_000])
    assert "50%" in progress.state()


def test_a_log_gets_a_line_now_and_then() -> None:
    clock, out = Clock(), io.StringIO()
    progress = Progress(out, clock=clock)
    progress.start("m", ["x"] * 100, longest=100)
    for _ in range(100):
        clock.now += 1
        progress.encoded(["x"])
    assert len(out.getvalue().splitlines()) == 3


def test_a_terminal_keeps_one_line_and_the_notes() -> None:
    clock, out = Clock(), Terminal()
    progress = Progress(out, clock=clock)
    progress.start("m", ["x"] * 4, longest=100)
    for _ in range(2):
        clock.now += 1
        progress.encoded(["x"])
    progress.note("done")
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().endswith("\rdone\n")
