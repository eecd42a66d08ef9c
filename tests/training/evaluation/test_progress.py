from training.evaluation.progress import Progress


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_time_left_follows_what_is_left() -> None:
    clock = Clock()
    progress = Progress(lambda _: None, clock=clock)
    progress.start("gte-mini", ["x" * 68] * 100, longest=1000)
    clock.now = 50.0  # loading sets is no encoding
    progress.begin("scifact")
    clock.now = 60.0
    progress.encoded(["x" * 68] * 25)
    assert progress.state() == "gte-mini: scifact, 25%, 2 texts/s, 0:30 left"


def test_what_a_model_cannot_read_costs_nothing() -> None:
    clock = Clock()
    progress = Progress(lambda _: None, clock=clock)
    progress.start("m", ["x" * 100_000, "x" * 100], longest=100)
    clock.now = 1.0
    progress.encoded(["x" * 100_000])
    assert "50%" in progress.state()


def test_what_is_measured_may_be_replaced_and_a_note_stays() -> None:
    clock, told = Clock(), list[str]()
    progress = Progress(told.append, clock=clock)
    progress.start("m", ["x"] * 4, longest=100)
    progress.begin("scifact")
    clock.now = 2.0
    progress.encoded(["x"])
    progress.note("done")
    assert told == ["\rm: scifact, 25%, 0 texts/s, 0:06 left", "done"]
