import embedder

encoder = embedder.load("fake")  # a known name, a folder, or a name on the hub
passages = ["def retry(upload): ...", "class ProxySettings: ..."]
vectors = encoder.encode(passages, role="passage")
(query,) = encoder.encode(["retry an upload"], role="query")
print(encoder.fingerprint, "finds", passages[(vectors @ query).argmax()])
