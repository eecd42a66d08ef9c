"""Why a hit was found, in words and bars instead of a bare score. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from indexer.types import Hit, Reading, SearchResult
from ui.highlight import escape

SIGNALS: Final[Mapping[str, str]] = {
    "words": "the words stand in it",
    "file": "the words stand all over its file",
    "held": "holds the telling words",
    "meaning": "means something close",
    "subject": "its file is about it",
    "prose": "prose that means the same",
    "name": "a file or folder named like it",
    "called": "its file is called just that",
    "depth": "lies near the top of the folders",
    "definition": "defines a name you typed",
    "place": "stands where you pointed",
    "frame": "is in the stack trace",
    "here": "in the repository you stand in",
    "support": "a test, example or vendored file",
    "judged": "the second look found it fitting",
    "crowd": "other hits of this file come first",
    "leftover": "no definition of its own",
}
"""What each signal of a ranking says; `docs/search.md` has the weights."""

AGAINST: Final[Mapping[str, str]] = {"depth": "lies deep in the folders"}
"""What a signal says where it counts against a hit, if that is not the same."""

BESIDE: Final = frozenset({"crowd"})  # says something of the other hits, and nothing of this one
GOOD: Final = 0.75  # share of the best score from which a hit is called good, where the best is
FAIR: Final = 0.4


class Strength(StrEnum):
    """How well a hit answers, in words that mean the same for every query."""

    EXACT = "exact match"
    GOOD = "good match"
    FAIR = "fair match"
    WEAK = "weak match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the hits of one answer are measured by."""

    best: float  # score of the best hit, of what it is worth by itself
    sure: bool  # the best is probably an answer (`indexer.ranking.confidence`, which is calibrated)
    exact: frozenset[str] = frozenset()  # signals that alone make a hit exact
    held: bool = False  # every hit holds what was quoted

    def strength(self, hit: Hit) -> Strength:
        """Tell how well a hit answers: by what it holds exactly, else by its share of the best, if that is good."""
        if self.held or self.exact & {name for name, gave in hit.why.items() if gave > 0}:
            return Strength.EXACT
        share = own(hit) / self.best if self.best > 0 else 0.0
        if not self.sure or share < FAIR:
            return Strength.WEAK
        return Strength.GOOD if share >= GOOD else Strength.FAIR


def scale(result: SearchResult) -> Scale:
    """Return what the hits of an answer are measured by."""
    reading = result.understood.reading
    exact = {"place", "frame"} | ({"definition"} if reading is Reading.SYMBOL else set())
    return Scale(
        best=max((own(hit) for hit in result.hits), default=0.0),
        sure=result.confident,
        exact=frozenset(exact),
        held=reading in (Reading.PHRASE, Reading.EXPRESSION),
    )


def closeness(hit: Hit, *, best: float) -> str:
    """Say how near a relative is to what was pointed at; best: the score of the nearest."""
    share = hit.score / best if best > 0 else 0.0
    return "close" if share >= GOOD else "related" if share >= FAIR else "distant"


def own(hit: Hit) -> float:
    """Return the score without what other hits took from it."""
    return hit.score - sum(gave for name, gave in hit.why.items() if name in BESIDE)


def words(signal: str, gave: float) -> str:
    """Say what a signal says; of one that nobody has words for, its name."""
    said = SIGNALS.get(signal, signal)
    return AGAINST.get(signal, said) if gave < 0 else said


def panel(hit: Hit, *, said: str) -> str:
    """List what each signal gave, the strongest first, with a bar for its share of the strongest.

    said: what stands on the closed panel: a strength, or what the hit is related by.
    """
    signals = sorted(((name, gave) for name, gave in hit.why.items() if gave), key=lambda item: -abs(item[1]))
    if not signals:
        return ""
    most = max(abs(gave) for _, gave in signals)
    rows = "".join(
        f'<tr><th scope="row">{escape(words(name, gave))}</th>'
        f'<td><progress class="{"gs-minus" if gave < 0 else "gs-plus"}" value="{abs(gave) / most:.3f}" '
        f'aria-label="{escape(words(name, gave))}">{gave:+.2f}</progress></td>'
        f"<td>{gave:+.2f}</td><td><code>{escape(name)}</code></td></tr>"
        for name, gave in signals
    )
    return (
        f'<details class="gs-why"><summary><b class="gs-strength gs-{said.split()[0]}">{escape(said.capitalize())}</b> '
        f'<span>why</span></summary><table aria-label="What each signal gave">{rows}'
        f'<tr class="gs-score"><th scope="row">together</th><td></td><td>{hit.score:+.2f}</td><td></td></tr>'
        "</table></details>"
    )
