import os

from indexer import Client, load_settings

address = f"http://127.0.0.1:{load_settings().port}"
with Client(address, token=os.environ.get("GTE_SEARCH_TOKEN")) as client:
    for hit in client.search("when is an alarm raised", languages=["python"], limit=3, content=False).hits:
        print(f"{hit.path}:{hit.start}-{hit.end}", hit.symbol)
    for status in client.repos():
        for job in client.follow(client.update(status.repo.name).id):
            if job.progress:
                print(job.progress.phase, job.progress.done, "of", job.progress.total, job.progress.eta)
        print(status.repo.name, job.state)
