from indexer import open_index

with open_index() as index:
    result = index.search("AlarmRule.crossed", limit=1, facets=True)

for signal, gave in result.hits[0].why.items():
    print(f"{signal:12} {gave:+.2f}")
for field, counts in (result.facets or {}).items():
    print(field, dict(counts))
