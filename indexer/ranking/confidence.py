"""Whether the best hit is probably an answer."""

from indexer import tokens
from indexer.query import Intent, Query
from indexer.ranking import weights
from indexer.ranking.evidence import Evidence, Ranked, closeness


def confident(query: Query, evidence: Evidence, best: Ranked) -> bool:
    """Tell whether the best hit is probably an answer.

    It is where it holds what is quoted, stands at the named place or in a frame of the trace, or defines the one name
    that is asked for. Else two shares are added: that of the query's words which it holds, and how far the nearest
    passage has come from the weakest candidate towards the query itself. The second is relative because cosines of
    unrelated texts are 0.1 with one model and 0.6 with another. Without vectors, or with too few candidates to know
    what "weak" is, the words decide.

    Calibrated on 7 repositories, where the best threshold was the same whichever was left out. Asking 16 repositories
    their own 321 questions and 960 of others, some of which they can answer too, 93 % of the own are confident and 13 %
    of the others; by words alone 89 % and 19 % (`benchmarks/confidence.py`).
    Weighing words by rarity (0.91) and counting the cosine in standard deviations (0.68) separate less well; the
    cosine itself separates better (0.97), but means something else with each model.
    """
    if query.wanted or best.why.keys() & {"place", "frame"}:
        return True
    if query.intent is Intent.SYMBOL and best.why.get("definition"):
        return True
    if not query.tokens:
        return False  # there is no word to be sure of
    asked = set(query.tokens)
    text = f"{best.chunk.path} {best.chunk.title or ''} {best.chunk.text}"
    held = len(asked.intersection(tokens.split(text))) / len(asked)
    if len(evidence.dense) < weights.FEW_NEIGHBOURS:
        return held >= weights.CONFIDENT_WORDS
    return held + closeness(evidence) >= weights.CONFIDENT
