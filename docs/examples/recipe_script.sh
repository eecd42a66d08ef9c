gte-search search "who raises an alarm" --jsonl -k 20 | python3 -c '
import json, sys
for line in sys.stdin:
    hit = json.loads(line)
    print(hit["path"], hit["start"], hit["symbol"] or hit["title"], sep="\t")
'
gte-search search "who raises an alarm" --files -k 5 | head -n 3 # paths only, for xargs, an editor, a review
