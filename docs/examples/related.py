from indexer import open_index

with open_index() as index:
    hit = index.search("when is an alarm raised", limit=1).hits[0]
    for related in index.similar(hit.id, limit=3).hits:
        print(f"{related.path}:{related.start}-{related.end}", related.symbol)
    for group in index.duplicates(min_lines=6).groups:
        print(group.lines, "lines to save:", [f"{copy.path}:{copy.start}" for copy in group.copies])
    context = index.context(hit.id, around=3)

if context:
    print("in", [one.name for one in context.enclosing])
    print(context.lines.text)
