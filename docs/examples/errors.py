from embedder import EmbedderError
from indexer import IndexerError, open_index

try:
    with open_index() as index:
        index.search("alarm", kinds=["poem"])
except (IndexerError, EmbedderError) as error:
    print(f"error: {error}")
    print(f"hint: {error.hint}")
