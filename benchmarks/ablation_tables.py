"""What the runs of `ablations` say together: differences seed by seed, how sure they are, and the page of tables."""

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

GROUPS: Final = ("code", "text")
# Student's t, two-sided 95 percent, by the number of seeds; with more the last one is a little too wide
STUDENT: Final[Mapping[int, float]] = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}

Runs = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the paper found between two variants."""

    text: str
    better: str  # variant
    worse: str  # variant
    paper: float | None  # points of its benchmark's average; None where it does not report it
    equal: bool = False  # it found no difference to speak of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ablation:
    """One question: the variants that are compared, and what the paper says of them."""

    title: str
    paper: str
    variants: Mapping[str, str]  # variant -> its name for people
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean over seeds of what one variant scores above another, in points."""

    mean: float
    margin: float  # half of the 95 percent interval; infinite of one seed

    @property
    def clear(self) -> bool:
        """Whether the interval leaves 0 out."""
        return abs(self.mean) > self.margin

    def __str__(self) -> str:
        margin = "?" if math.isinf(self.margin) else f"{self.margin:.1f}"
        return f"{self.mean:+.1f} ± {margin}"


ABLATIONS: Final = (
    Ablation(
        title="Loss",
        paper="57.3 plain, 57.8 improved after stage 1; 61.8 and 62.4 after stage 2",
        variants={
            "stage-1": "stage 1, improved",
            "stage-1-info-nce": "stage 1, plain",
            "cold": "stage 1, improved, temperature 0.01",
            "cold-info-nce": "stage 1, plain, temperature 0.01",
            "both": "stage 2, improved",
            "both-info-nce": "stage 2, plain, after the same stage 1",
        },
        claims=(
            Claim(text="stage 1: improved above plain", better="stage-1", worse="stage-1-info-nce", paper=0.5),
            Claim(text="stage 1 at the paper's temperature", better="cold", worse="cold-info-nce", paper=0.5),
            Claim(text="stage 2: improved above plain", better="both", worse="both-info-nce", paper=0.6),
        ),
    ),
    Ablation(
        title="Batch",
        paper="56.8, 57.3, 59.0 and 59.0 with 2,048, 4,096, 8,192 and 16,384 pairs, steps fixed",
        variants={
            "steps-batch-16": "16 pairs, steps fixed",
            "steps-batch-32": "32 pairs, steps fixed",
            "stage-1": "64 pairs",
            "steps-batch-128": "128 pairs, steps fixed",
            "pairs-batch-16": "16 pairs, four times the steps",
            "pairs-batch-128": "128 pairs, half of the steps",
        },
        claims=(
            Claim(text="128 above 16, steps fixed", better="steps-batch-128", worse="steps-batch-16", paper=2.2),
            # 16,384 against 8,192; where it stops helping is a matter of size, so a difference here refutes nothing
            Claim(
                text="the last doubling adds nothing", better="steps-batch-128", worse="stage-1", paper=0.0, equal=True
            ),
            Claim(text="128 above 16, pairs fixed", better="pairs-batch-128", worse="pairs-batch-16", paper=None),
        ),
    ),
    Ablation(
        title="Sampling exponent",
        paper="55.4, 58.9, 59.0 and 58.3 with 0, 0.3, 0.5 and 1",
        variants={"alpha-0": "0", "alpha-0.3": "0.3", "stage-1": "0.5", "alpha-1": "1"},
        claims=(
            Claim(text="0.5 above 0", better="stage-1", worse="alpha-0", paper=3.6),
            Claim(text="0.5 above 1", better="stage-1", worse="alpha-1", paper=0.7),
            Claim(text="0.5 like 0.3", better="stage-1", worse="alpha-0.3", paper=0.1, equal=True),
        ),
    ),
    Ablation(
        title="Stages",
        paper="59.0 with the first alone, 57.8 with the second alone, 62.4 with both",
        variants={
            "start": "not trained",
            "stage-1": "stage 1 only",
            "stage-2-only": "stage 2 only",
            "both": "both",
        },
        claims=(
            Claim(text="both above stage 1 only", better="both", worse="stage-1", paper=3.4),
            Claim(text="both above stage 2 only", better="both", worse="stage-2-only", paper=4.6),
            Claim(text="stage 1 only above stage 2 only", better="stage-1", worse="stage-2-only", paper=1.2),
        ),
    ),
)


def scores(runs: Runs, variant: str, group: str) -> dict[int, float]:
    """Return the mean score of a group by seed, in points; group `all` is the mean of code and text."""
    groups = GROUPS if group == "all" else (group,)
    return {
        run["seed"]: 100 * statistics.fmean(run["means"][one] for one in groups)
        for run in runs
        if run["variant"] == variant
    }


def difference(runs: Runs, better: str, worse: str, group: str) -> Difference | None:
    """Compare two variants over the seeds that both have; None where there is none."""
    upper, lower = scores(runs, better, group), scores(runs, worse, group)
    found = [upper[seed] - lower[seed] for seed in sorted(upper.keys() & lower.keys())]
    if not found:
        return None
    if len(found) == 1:
        return Difference(found[0], math.inf)
    student = STUDENT[min(len(found), max(STUDENT))]
    return Difference(statistics.fmean(found), student * statistics.stdev(found) / math.sqrt(len(found)))


def verdict(claim: Claim, found: Difference) -> str:
    """Say whether a difference agrees with the paper's.

    >>> claim = Claim(text="a above b", better="a", worse="b", paper=1.0)
    >>> [verdict(claim, Difference(mean, 0.5)) for mean in (0.8, -0.8, 0.2)]
    ['yes', 'the reverse', 'within the spread']
    """
    if claim.paper is None:
        return "not in the paper"
    if claim.equal:
        return f"no, {'higher' if found.mean > 0 else 'lower'}" if found.clear else "yes, within the spread"
    if not found.clear:
        return "within the spread"
    return "yes" if found.mean > 0 else "the reverse"


def as_json(found: Mapping[str, Any]) -> str:
    """Return the result as it is stored: the comparisons, then every run."""
    claims = [
        {"ablation": ablation.title, "claim": claim.text, "paper": claim.paper, "group": group}
        | {"mean": round(known.mean, 3), "margin": None if math.isinf(known.margin) else round(known.margin, 3)}
        | {"reproduced": verdict(claim, known)}
        for ablation in ABLATIONS
        for claim in ablation.claims
        for group in (*GROUPS, "all")
        if (known := difference(found["runs"], claim.better, claim.worse, group))
    ]
    return json.dumps({**found, "claims": claims}, indent=1) + "\n"


# -- the page ------------------------------------------------------------------------------------------------------


def page(found: Mapping[str, Any]) -> str:
    """Return the result in Markdown."""
    return "\n".join([*_setup(found), *_claims(found["runs"]), *_variants(found["runs"])]) + "\n"


def _setup(found: Mapping[str, Any]) -> Iterator[str]:
    said = found["settings"]
    seeds = len({run["seed"] for run in found["runs"]})
    yield (
        f"The student is the first {said['layers']} layers of {said['start']}; it reads {said['query_tokens']} tokens"
        f" of a query and {said['passage_tokens']} of a passage."
        f" Stage 1: {said['steps']} steps of {said['batch']} pairs, learning rate {said['rate']:g}."
        f" Stage 2: {said['finetune_steps']} steps of the recipe's batch with"
        f" {said['negatives']} hard negatives a row, learning rate {said['finetune_rate']:g}. {seeds} seeds;"
        f" {sum(sum(run['seconds'].values()) for run in found['runs']) / 60:.0f} minutes of one core in all; commit"
        f" {found['machine']['commit']}. Sets: {', '.join(said['sets'])}."
    )
    yield ""


def _claims(runs: Runs) -> Iterator[str]:
    yield "| claim of the paper | there | here, code | here, text | here, both | reproduced (code; text; both) |"
    yield "|---|--:|--:|--:|--:|---|"
    for ablation in ABLATIONS:
        for claim in ablation.claims:
            known = [difference(runs, claim.better, claim.worse, group) for group in (*GROUPS, "all")]
            there = [one for one in known if one]
            said = [verdict(claim, one) for one in there]
            if said:
                paper = "-" if claim.paper is None else f"{claim.paper:+.1f}"
                words = said[0] if len(set(said)) == 1 else "; ".join(said)
                cells = " | ".join(map(_bold, there))
                yield f"| {ablation.title.lower()}: {claim.text} | {paper} | {cells} | {words} |"


def _variants(runs: Runs) -> Iterator[str]:
    for ablation in ABLATIONS:
        yield from ("", f"### {ablation.title}", "", f"The paper: {ablation.paper}.", "")
        yield "| variant | code | text | rows of the last stage |"
        yield "|---|--:|--:|--:|"
        for variant, name in ablation.variants.items():
            own = [run for run in runs if run["variant"] == variant]
            if own:
                cells = " | ".join(_spread(list(scores(runs, variant, group).values())) for group in GROUPS)
                yield f"| {name} | {cells} | {statistics.fmean(run['pairs'] for run in own):,.0f} |"


def _bold(found: Difference) -> str:
    return f"**{found}**" if found.clear else str(found)


def _spread(values: Sequence[float]) -> str:
    """Write a mean and the standard deviation over seeds."""
    mean = f"{statistics.fmean(values):.1f}"
    return f"{mean} ± {statistics.stdev(values):.1f}" if len(values) > 1 else mean
