"""One runtime's side of `runtimes.py`, run by a Python that has it: the same weights and texts, its own arithmetic.

    python -m benchmarks.side_runtime NAME MODEL TEXTS.json FOLDER THREADS

TEXTS.json holds the texts of `encode`, of `calibrate` (what fixed scales are found with) and of `ask`. Vectors go to
FOLDER/NAME.npy, what was converted stays in FOLDER. Prints JSON: what was measured, or which package is `missing`. Of
REFERENCE, PyTorch in float32, only the vectors are wanted.

Every runtime gets the batches that it likes best out of BUDGETS, each computed by one thread, as many at a time as
there are threads, and has seen all of them once before the clock starts: some prepare themselves for each shape.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

import embedder
from benchmarks import memory
from embedder import Vectors, batching
from embedder.files import Layout
from embedder.tokens import TextTokenizer

BUDGETS: Final = (512, 2048)  # padded tokens a batch
TRIED: Final = 200  # texts that the budgets are compared with
OPSET: Final = 17
REFERENCE: Final = "reference"

Forward = Callable[[list[list[int]]], Vectors]


class Given(NamedTuple):
    """What a runtime is made from."""

    layout: Layout
    tokenizer: TextTokenizer
    calibrate: Sequence[str]
    folder: Path
    threads: int


def main(name: str, model: str, texts: str, folder: str, threads: str) -> None:
    """Measure one runtime, and print."""
    layout = Layout.find(model)
    if name == REFERENCE:
        encoder = embedder.load(model, device="cpu", runtime="torch", threads=int(threads))
        np.save(
            Path(folder) / f"{name}.npy", encoder.encode(json.loads(Path(texts).read_text())["encode"], role="passage")
        )
        print(json.dumps({}))
        return
    wanted = json.loads(Path(texts).read_text(encoding="utf-8"))
    given = Given(layout, TextTokenizer(layout), wanted["calibrate"], Path(folder), int(threads))
    try:
        forward = RUNTIMES[name](given)
    except ImportError as error:
        print(json.dumps({"missing": error.name}))
        return
    found, vectors = measured(given, forward, wanted["encode"], wanted["ask"])
    np.save(given.folder / f"{name}.npy", vectors)
    print(json.dumps(found))


def measured(
    given: Given, forward: Forward, texts: Sequence[str], ask: Sequence[str]
) -> tuple[dict[str, Any], Vectors]:
    """Encode the texts; return passages a second, processor time, milliseconds a query and memory, and the vectors."""
    with ThreadPoolExecutor(given.threads) as workers:

        def encode(some: Sequence[str], budget: int) -> Vectors:
            return batching.encode(
                some,
                tokenise=lambda window: given.tokenizer.ids(window, role="passage"),
                forward=forward,
                dim=given.layout.dim,
                budget=budget,
                workers=workers,
            )

        def seconds(some: Sequence[str], budget: int) -> float:
            started = time.perf_counter()
            encode(some, budget)
            return time.perf_counter() - started

        few = texts[:: max(1, len(texts) // TRIED)]
        [encode(few, budget) for budget in BUDGETS]  # warms up
        budget = min(BUDGETS, key=lambda one: min(seconds(few, one), seconds(few, one)))
        vectors = encode(texts, budget)
        used, started = time.process_time(), time.perf_counter()
        encode(texts, budget)
        taken = time.perf_counter() - started
        found = {"passages_per_second": len(texts) / taken, "cpu_s": time.process_time() - used, "budget": budget}
        [encode([one], budget) for one in ask]
        found["query_ms"] = 1e3 * float(np.median([seconds([one], budget) for one in ask for _ in range(5)]))
    return found | {"peak_rss_mb": memory.peak(os.getpid()) / 1e6}, vectors


# -- runtimes --------------------------------------------------------------------------------------------------------


def ours(given: Given) -> Forward:
    """Return the encoder of this project."""
    encoder = embedder.load(given.layout.folder, device="cpu", runtime="ct2", threads=given.threads)
    return encoder._forward  # type: ignore[attr-defined, no-any-return]  # the same loop around it as around the others


def onnx_int8(given: Given) -> Forward:
    """Return ONNX Runtime: operators fused, activations quantised as they come, weights by their channels."""
    runtime, quantization = import_module("onnxruntime"), import_module("onnxruntime.quantization")
    path = given.folder / "int8.onnx"
    if not path.is_file():
        optimizer = import_module("onnxruntime.transformers.optimizer")
        config = given.layout.config
        fused = optimizer.optimize_model(
            str(graph(given)), model_type="bert", num_heads=config.heads, hidden_size=config.hidden, opt_level=0
        )
        fused.save_model_to_file(str(given.folder / "fused.onnx"))
        quantization.quantize_dynamic(
            given.folder / "fused.onnx",
            path,
            per_channel=True,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"DefaultTensorType": 1},  # float32, of what the shapes of fused operators do not tell
        )
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, dict(zip(("ids", "mask"), arrays(rows), strict=True)))[0]


def openvino(given: Given, *, precision: str = "f32", change: Callable[[Any], Any] = lambda model: model) -> Forward:
    """Return OpenVINO over the graph, changed by a quantisation."""
    runtime = import_module("openvino")
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(given.threads),
        "INFERENCE_NUM_THREADS": given.threads,
    }
    compiled = runtime.Core().compile_model(change(runtime.Core().read_model(graph(given))), "CPU", settings)
    free = [compiled.create_infer_request() for _ in range(given.threads)]

    def forward(rows: list[list[int]]) -> Vectors:
        request = free.pop()  # one for each thread; a list gives and takes as a whole
        try:
            found: Vectors = request.infer(list(arrays(rows)))[0].copy()
        finally:
            free.append(request)
        return found

    return forward


def openvino_int8(given: Given) -> Forward:
    """Return OpenVINO with products quantised by fixed scales, found by looking at some passages."""
    nncf = import_module("nncf")
    rows = given.tokenizer.ids(given.calibrate, role="passage")

    def change(model: Any) -> Any:  # noqa: ANN401  # of an untyped library
        return nncf.quantize(
            model,
            nncf.Dataset([list(arrays([row])) for row in rows]),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(rows),
        )

    return openvino(given, change=change)


def openvino_dynamic(given: Given) -> Forward:
    """Return OpenVINO with int8 weights, which it multiplies by activations quantised as they come where it can."""
    nncf = import_module("nncf")
    mode = nncf.CompressWeightsMode.INT8_SYM
    return openvino(given, change=lambda model: nncf.compress_weights(model, mode=mode))


def openvino_bf16(given: Given) -> Forward:
    """Return OpenVINO in bfloat16."""
    return openvino(given, precision="bf16")


RUNTIMES: Final[dict[str, Callable[[Given], Forward]]] = {
    "ours": ours,
    "ONNX Runtime int8": onnx_int8,
    "OpenVINO int8, fixed scales": openvino_int8,
    "OpenVINO int8 weights": openvino_dynamic,
    "OpenVINO bf16": openvino_bf16,
}


def arrays(rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """Return ids and mask [rows, longest], padded on the right."""
    longest = max(map(len, rows))
    ids = np.zeros((len(rows), longest), dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.float32)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = row
        mask[number, : len(row)] = 1
    return ids, mask


def graph(given: Given) -> Path:
    """Return the ONNX graph from ids and mask to unit vectors, written where it is not there yet."""
    path = given.folder / "float32.onnx"
    if path.is_file():
        return path
    import_module("onnx")
    import torch

    from embedder.model import load_model

    class Pooled(torch.nn.Module):
        """Ids [batch, tokens] and mask of 0 and 1 -> [batch, dim]."""

        model: Any  # whatever transformers makes of it

        def __init__(self) -> None:
            super().__init__()
            self.model = load_model(given.layout)
            self.model.config._attn_implementation = "eager"  # separate operators: what the optimisers look for

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = (1 - mask)[:, None, None, :] * -1e4  # added to the products of attention
            states = self.model(input_ids=ids, attention_mask=hidden).last_hidden_state
            return torch.nn.functional.normalize((states * mask[:, :, None]).sum(dim=1), dim=1)

    example = tuple(map(torch.from_numpy, arrays([[101, 2054, 102], [101, 102]])))
    axes = {name: {0: "batch", 1: "tokens"} for name in ("ids", "mask")} | {"vectors": {0: "batch"}}
    torch.onnx.export(
        Pooled().eval(),
        example,
        str(path),
        input_names=["ids", "mask"],
        output_names=["vectors"],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    return path


if __name__ == "__main__":
    main(*sys.argv[1:])
