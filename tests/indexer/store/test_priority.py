from indexer.store.priority import priority
from indexer.types import Kind


def test_any_chunk_of_a_test_comes_after_every_other() -> None:
    usual = {priority(kind, aside=False) for kind in Kind}
    aside = {priority(kind, aside=True) for kind in Kind}
    assert max(usual) < min(aside)
    assert priority(Kind.METHOD, aside=False) < priority(Kind.MODULE, aside=False) < priority(Kind.BLOCK, aside=False)
