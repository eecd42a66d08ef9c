gte-search search "gauge stopped sending" --json  # the whole answer
gte-search search "gauge stopped sending" --jsonl # one hit a line
gte-search search "gauge stopped sending" --files # only paths
gte-search repos --json
gte-search status --json
