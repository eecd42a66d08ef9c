"""Kinds of FAISS index over unit vectors, by their number; all of them filter inside, and score by float16.

- *Exact*: a scan over float16, the precision SQLite keeps, so a score is the same wherever its vector lies.
- *Sketched*, where there are many: RaBitQ (arXiv 2405.12497) keeps one bit a number, 56 bytes of a vector of 384
  numbers instead of 768. The scan goes over these, and WIDER times as many as are asked for are scored by float16.
  A filter that lets pass fewer than that is answered exactly.

Measured by `benchmarks/vector_recall.py` (results/vector_recall.md), 200 asked for: a sketch finds all of the best 10
and 99.7 % of the best 200, under any filter, in a fraction of the time, and its centre is all that is trained.
Inverted lists are quicker still but miss what a filter leaves in lists that are not looked into (recall@10 below 0.98
of 5 %), fast-scan refuses filters, and 8 bits a number are hardly quicker than 16.
"""

from typing import Final, TypeGuard

import faiss
import numpy as np
import numpy.typing as npt

from embedder.types import Vectors

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Index = faiss.IndexScalarQuantizer | faiss.IndexRefine

WIDER: Final = 8  # recall@200 of a million: 0.986 with 4, 0.998 with 8
LEAST_DIM: Final = 192  # of fewer numbers, one bit of each tells too little: recall@200 of 100,000 is 0.97 with 128
QUERY_BITS: Final = 4  # a number of the query; of 8, recall is the same and a scan takes half as long again


def exact(dim: int) -> faiss.IndexScalarQuantizer:
    """Return an empty index that scans all."""
    return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def sketched(sample: Vectors) -> faiss.IndexRefine:
    """Return an empty index that scans sketches, taken about the centre of `sample` [n, dim]."""
    dim = sample.shape[1]
    sketches = faiss.IndexRaBitQ(dim, faiss.METRIC_INNER_PRODUCT)
    sketches.train(sample)
    return faiss.IndexRefine(sketches, exact(dim))


def suits_sketches(dim: int, rows: int, *, most_exact: int) -> bool:
    """Tell whether `rows` vectors hold more numbers than are scanned exactly, and enough of them each."""
    return dim >= LEAST_DIM and dim * rows > most_exact


def is_sketched(index: Index) -> bool:
    """Tell which kind an index is of."""
    return isinstance(index, faiss.IndexRefine)


def is_sound(index: faiss.Index, *, dim: int, rows: int) -> TypeGuard[Index]:
    """Tell whether an index read from a file is of our kinds and holds `rows` vectors of `dim` numbers."""
    parts, scanned = [index], index
    if isinstance(index, faiss.IndexRefine):
        base, scanned = faiss.downcast_index(index.base_index), faiss.downcast_index(index.refine_index)
        if not isinstance(base, faiss.IndexRaBitQ):
            return False
        parts += [base, scanned]
    return isinstance(scanned, faiss.IndexScalarQuantizer) and all((p.d, p.ntotal) == (dim, rows) for p in parts)


def nearest(index: Index, vector: Vectors, among: Mask, limit: int) -> tuple[list[int], list[float]]:
    """Return rows and cosines, best first, of at most `limit` rows that `among` [rows] marks."""
    count = int(np.count_nonzero(among))
    if count == 0:
        return [], []
    scan = faiss.RaBitQSearchParameters() if is_sketched(index) else faiss.SearchParameters()
    if count < len(among):
        bits = np.packbits(among, bitorder="little")  # FAISS has a bare pointer: it must live until the search is done
        scan.sel = faiss.IDSelectorBitmap(len(among), faiss.swig_ptr(bits))
    parameters = scan
    if isinstance(scan, faiss.RaBitQSearchParameters):
        scan.qb = QUERY_BITS
        parameters = faiss.IndexRefineSearchParameters()
        parameters.k_factor, parameters.base_index_params = WIDER, scan
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread's calls: a second one only adds waiting to a scan for one query
    try:
        scores, rows = index.search(vector[np.newaxis], min(limit, count), params=parameters)
    finally:
        faiss.omp_set_num_threads(threads)
    found = rows[0] >= 0
    return rows[0][found].tolist(), scores[0][found].tolist()
