from indexer import open_index

with open_index() as index:
    result = index.search("when is an alarm raised", languages=["python"], limit=10)

for hit in result.hits:
    print(f"{hit.path}:{hit.start}-{hit.end}", hit.kind, hit.symbol, round(hit.score, 2))
print(f"{result.total} matches, {result.timings.search:.1f} ms in the engines")
