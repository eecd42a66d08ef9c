from indexer.progress import INTERVAL, Pace
from indexer.types import Phase, Progress


def test_rate_and_eta_follow_the_clock() -> None:
    now, seen = [0.0], list[Progress]()
    pace = Pace(repo="r", phase=Phase.READING, total=100, report=seen.append, clock=lambda: now[0])
    for _ in range(10):
        now[0] += 1.0
        pace.advance(2, chunks=3)
    assert seen[-1].rate == 2.0
    assert seen[-1].eta == 40.0
    assert seen[-1].chunks == 30


def test_reports_are_rare_but_the_last_is_never_missing() -> None:
    now, seen = [0.0], list[Progress]()
    pace = Pace(repo="r", phase=Phase.READING, total=1000, report=seen.append, clock=lambda: now[0])
    for _ in range(1000):
        now[0] += INTERVAL / 100
        pace.advance()
    assert len(seen) <= 12
    assert seen[-1].done == 1000


def test_a_rate_forgets_what_was_long_ago() -> None:
    now, seen = [0.0], list[Progress]()
    pace = Pace(repo="r", phase=Phase.READING, total=10_000, report=seen.append, clock=lambda: now[0])
    now[0] = 100.0
    pace.advance(1)
    for _ in range(60):
        now[0] += 1.0
        pace.advance(10)
    assert 9.0 <= seen[-1].rate <= 11.0
