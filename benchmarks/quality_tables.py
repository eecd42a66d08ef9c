"""The result of `search_quality.py` as tables of text."""

from collections.abc import Iterator, Mapping
from typing import Any

Result = Mapping[str, Any]


def lines(found: Result) -> Iterator[str]:
    """Yield every line, suite by suite."""
    tables = {"code": _code, "text": _text, "symbols": _symbols}
    for number, (suite, result) in enumerate(found["suites"].items()):
        if number:
            yield ""
        yield from tables[suite](result)
    if spent := found.get("rerank"):
        yield f"\n{spent['model']} took {spent['ms']:,.0f} ms for a query (median of {spent['queries']:,})"
    weights = ", ".join(f"{name} {value:g}" for name, value in found["weights"].items())
    yield f"\ncommit {found['machine']['commit']}; weights: {weights}"


def _code(result: Result) -> Iterator[str]:
    rows = result["rows"]
    main = {name: row for name, row in rows.items() if "to_whole" not in row}
    categories = list(dict.fromkeys(name for row in main.values() for name in row["by_category"]))
    yield f"code search, {result['queries']} queries{_without(result)}; p: beside `{result['reference']}`"
    header = ["NDCG@10", "95 %", "recall@10", "MRR", *categories, "repos", "p"]
    yield from _table(header, {name: _code_cells(row, categories) for name, row in main.items()})
    yield from _unanswered(main)
    yield from _beside(result["reference"], main, categories)
    languages = list(dict.fromkeys(name for row in main.values() for name in row["by_language"]))
    yield "\nNDCG@10 by language"
    by_language = {name: [_ndcg(row["by_language"], one) for one in languages] for name, row in main.items()}
    yield from _table(languages, by_language)
    yield "\nNDCG@10 by repository"
    repos = list(dict.fromkeys(name for row in main.values() for name in row["by_repo"]))
    yield from _table(list(main), {one: [f"{row['by_repo'][one]:.3f}" for row in main.values()] for one in repos})
    ablated = {name: row for name, row in rows.items() if "to_whole" in row}
    if ablated:
        yield "\nwithout one signal: NDCG@10, and what that loses (-) or gains (+)"
        cells = {name: [_mean(row["overall"]["ndcg"]), *_difference(row["to_whole"])] for name, row in ablated.items()}
        yield from _table(["NDCG@10", "difference", "95 %", "p"], cells)


def _unanswered(rows: Mapping[str, Result]) -> Iterator[str]:
    """Yield which tool has no answer to some queries: that is not a bad answer, and weighs as one."""
    for name, row in rows.items():
        if count := row.get("unanswered"):
            yield f"{name}: no line for {count} of {row['overall']['queries']} queries; each scores 0"


def _beside(reference: str, rows: Mapping[str, Result], categories: list[str]) -> Iterator[str]:
    """Yield what every other row gains over the reference, query by query."""
    cells = {}
    for name, row in rows.items():
        if name != reference:
            groups = row["to_reference_by_category"]
            cells[name] = _difference(row["to_reference"])
            cells[name] += [cell for one in categories for cell in (_gain(groups, one), _p(groups, one))]
    if cells:
        yield f"\nNDCG@10 above (+) or below (-) `{reference}` on the same queries; p by paired permutation test"
        header = ["all", "95 %", "p", *(cell for one in categories for cell in (one, "p"))]
        yield from _table(header, cells)


def _gain(groups: Result, name: str) -> str:
    return f"{groups[name]['mean']:+.4f}" if name in groups else "-"


def _p(groups: Result, name: str) -> str:
    return f"{groups[name]['p']:.4f}" if name in groups else "-"


def _without(result: Result) -> str:
    return f" (without {', '.join(result['missing'])})" if result["missing"] else ""


def _code_cells(row: Result, categories: list[str]) -> list[str]:
    whole, repos = row["overall"], row["by_repo"].values()
    return [
        _mean(whole["ndcg"]),
        _interval(whole["ndcg"]),
        _mean(whole["recall"]),
        _mean(whole["mrr"]),
        *(_ndcg(row["by_category"], name) for name in categories),
        f"{sum(repos) / len(repos):.4f}",
        f"{row['to_reference']['p']:.4f}",
    ]


def _text(result: Result) -> Iterator[str]:
    yield "text retrieval, NDCG@10; the last columns compare a hybrid with the better of its dense and BM25,"
    yield "and what is reranked with its hybrid"
    for name, one in result.items():
        yield f"{name} ({one['queries']} queries)"
        cells = {}
        for setup, mean in one["ndcg"].items():
            change = one["differences"].get(setup)
            cells[setup] = [_mean(mean), _interval(mean), *(_difference(change) if change else ())]
        yield from _table(["NDCG@10", "95 %", "difference", "95 %", "p"], cells)


def _symbols(result: Result) -> Iterator[str]:
    yield f"first hit is the definition asked for by name; drawn of {result['definitions']:,}{_without(result)}"
    cells = {}
    for setup, row in result["rows"].items():
        cells[setup] = [
            cell
            for what in ("exact", "typo")
            for cell in (str(row[what]["asked"]), _mean(row[what]["first"]), _interval(row[what]["first"]))
        ]
    yield from _table(["asked", "first", "95 %", "typos", "first", "95 %"], cells)


def _table(header: list[str], rows: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield aligned lines; a row may have fewer cells than the header."""
    label = max(map(len, rows), default=0)
    columns = range(len(header))
    widths = [max([len(header[i]), *(len(cells[i]) for cells in rows.values() if i < len(cells))]) for i in columns]
    yield "  ".join([" " * label, *(name.rjust(width) for name, width in zip(header, widths, strict=True))])
    for name, cells in rows.items():
        padded = (cell.rjust(width) for cell, width in zip(cells, widths, strict=False))
        yield "  ".join([name.ljust(label), *padded])


def _mean(value: Result) -> str:
    return f"{value['mean']:.4f}"


def _interval(value: Result) -> str:
    return f"{value['low']:.3f}-{value['high']:.3f}"


def _ndcg(groups: Result, name: str) -> str:
    return f"{groups[name]['ndcg']['mean']:.4f}" if name in groups else "-"


def _difference(change: Result) -> list[str]:
    return [f"{change['mean']:+.4f}", f"{change['low']:+.3f} to {change['high']:+.3f}", f"{change['p']:.4f}"]
