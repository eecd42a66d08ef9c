import os

from openai import OpenAI

from indexer import load_settings

address = f"http://127.0.0.1:{load_settings().port}/api/v1"
with OpenAI(base_url=address, api_key=os.environ.get("GTE_SEARCH_TOKEN", "none")) as client:
    model = next(iter(client.models.list())).id
    passages = client.embeddings.create(model=model, input=["def retry(call): ...", "class Alarm: ..."])
    question = client.embeddings.create(
        model=model, input="where are uploads retried", extra_body={"input_type": "query"}
    )

for passage in passages.data:  # of unit length: the product is the cosine
    print(sum(a * b for a, b in zip(passage.embedding, question.data[0].embedding, strict=True)))
