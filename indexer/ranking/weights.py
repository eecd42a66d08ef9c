"""Every number that decides an order, chosen on the benchmark of `docs/search-quality.md`."""

from collections.abc import Mapping
from typing import Final

from indexer.types import Field

WEIGHTS: Final[Mapping[str, float]] = {
    "words": 0.1,  # BM25 over symbol, signature, title, text and path, each by itself; share of the best sum
    "file": 0.6,  # `words` of all chunks of its file together, share of the best file
    "held": 0.5,  # share of the query's words that it holds, a rare word more than a common one
    "meaning": 0.3,  # cosine to the query, from the weakest candidate (0) to the best (1)
    "subject": 0.6,  # `meaning` of all chunks of its file together, share of the best file
    "prose": 4.0,  # `meaning` again, as far as the candidates are prose and the nearest comes close to the query
    "name": 0.5,  # share of the query's words that begin like a word of the name of its file or folder
    "called": 0.4,  # every word of the name of its file is in the query, which is more than a name
    "depth": -0.1,  # a time for each folder that its file lies deeper than most candidates of its repository
    "definition": 0.25,  # it defines a name of the query, share of the best match level
    "place": 6.0,  # it is in the file that the query names, and at its line if it names one
    "frame": 8.0,  # a frame of the query's trace is in it: the innermost 1, each further out less
    "here": 0.2,  # it is in the repository the user stands in
    "support": -0.5,  # tests, examples, vendored, replaced by newer, change logs: good answers only if asked for
    "judged": 0.3,  # what the cross-encoder of `rerank` says of it, from the worst of those it read (0) to the best (1)
    "crowd": -1.5,  # a time for each better hit of the same file: the next file is worth more than its third piece
}
FIELDS: Final[Mapping[Field, float]] = {
    Field.SYMBOL: 2.0,
    Field.SIGNATURE: 1.0,
    Field.TITLE: 1.0,
    Field.BODY: 1.0,
    Field.PATH: 1.0,
}  # what BM25 over each adds to "words", as a share of the field's best
TOGETHER: Final = 3.0  # degree of the norm over a file's chunks: few good ones count for more than many poor ones
JUDGED: Final = 10  # hits that a cross-encoder reads, the best by everything else: a first page
PROMISING: Final = 300  # candidates whose content is fetched: of more, none has come among the first ten
FIRST: Final = 3.0  # worth of a definition or a frame beside a share of words, there
READ: Final = 100  # candidates whose text is looked into, the best by everything else
SHORTEST_BEGINNING: Final = 3  # letters of a word that may be the beginning of another
SYMBOL_DEFINITION: Final = 8.0  # factor of "definition" where the query is nothing but a name
CONFIDENT: Final = 0.85  # words held and closeness together, each between 0 and 1: below it a best hit is noise
CONFIDENT_WORDS: Final = 0.5  # share of the query's words, where that is all there is to go by
FEW_NEIGHBOURS: Final = 20  # candidates by meaning below which the weakest may be as good as the best
FAR, CLOSE = 0.4, 0.6  # how close the nearest passage has come where meaning begins to decide prose, and where it does
MOST_MATCHES: Final = 4  # ranges of lines marked in a hit: more show nothing
MOST_CROWD: Final = 5  # times that "crowd" counts at most
MOST_DEPTH: Final = 4  # folders that "depth" counts at most, deeper or less deep
CONTINUED: Final = 0.5  # factor of "definition" for a later piece of a long definition: it begins elsewhere
