"""From what the engines found to an order: pure functions, every number in `weights`."""

from indexer.ranking.confidence import confident
from indexer.ranking.evidence import Evidence, Ranked, promising
from indexer.ranking.matches import matching_lines
from indexer.ranking.order import judged, rank

__all__ = ["Evidence", "Ranked", "confident", "judged", "matching_lines", "promising", "rank"]
