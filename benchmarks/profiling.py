"""Where the time of a training step goes, by kinds of PyTorch's operations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch.profiler import profile

SIDES: Final = ("ours", "theirs")
STEPS: Final = 3  # that are profiled
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "matrix products": ("mm", "addmm", "bmm", "baddbmm", "linear", "mkldnn_linear", "dot", "mv"),
    "fused attention": ("scaled_dot_product",),
    "softmax": ("_softmax", "_log_softmax", "logsumexp"),
    "activation": ("gelu", "tanh"),
    "layer norm": ("native_layer_norm",),
    "dropout": ("dropout", "bernoulli", "native_dropout"),
    "copies and casts": ("copy", "to", "cat", "stack", "clone", "contiguous", "empty", "fill", "zero"),
    "embeddings": ("embedding", "index_put", "index", "scatter", "gather"),
    "reading and tokenising": ("enumerate(DataLoader)",),
    "optimiser": ("Optimizer", "_fused_adam", "_foreach", "clip_grad", "linalg_vector_norm"),
    "sums and products": ("add", "mul", "div", "sub", "sum", "mean", "pow", "sqrt", "rsqrt", "where", "masked_fill"),
}


def by_kind(recorded: "profile", wall: float) -> dict[str, Any]:
    """Return the seconds a step of each kind of operation, and of the twelve operations that take the most."""
    import torch

    on_gpu = torch.cuda.is_available()
    operations = {
        event.key: (event.self_device_time_total if on_gpu else event.self_cpu_time_total) / 1e6 / STEPS
        for event in recorded.key_averages()
    }
    kinds: dict[str, float] = {}
    for name, seconds in operations.items():
        kinds[kind_of(name)] = kinds.get(kind_of(name), 0.0) + seconds
    step = wall / STEPS
    # tokenising, reading, and Python between the operations; 0 where another thread hides it
    kinds["outside of PyTorch"] = max(0.0, step - sum(kinds.values()))
    largest = sorted(operations.items(), key=lambda item: -item[1])[:12]
    return {"seconds_per_step": step, "kinds": kinds, "operations": dict(largest)}


def kind_of(operation: str) -> str:
    """Return the kind of a PyTorch operation.

    >>> kind_of("aten::addmm"), kind_of("aten::add_"), kind_of("aten::native_layer_norm_backward")
    ('matrix products', 'sums and products', 'layer norm')
    """
    name = operation.rpartition("::")[2]
    plain = name.removesuffix("_").removesuffix("_backward")
    for kind, starts in KINDS.items():
        if plain in starts:
            return kind
    long = [
        (len(start), kind)
        for kind, starts in KINDS.items()
        for start in starts
        if plain.lstrip("_").startswith(start.lstrip("_"))
    ]
    return max(long)[1] if long else "other operations"


def table(profiles: Mapping[str, Any]) -> list[str]:
    """Return the lines of a table that sets the profiles of the two sides beside each other."""
    kinds = [profiles[side]["kinds"] for side in SIDES]
    names = sorted({name for found in kinds for name in found}, key=lambda name: -max(f.get(name, 0) for f in kinds))
    lines = ["| where a step's time goes (profiled) | ours, ms | sentence-transformers, ms |", "|---|--:|--:|"]
    lines += [f"| {name} | {' | '.join(f'{1000 * found.get(name, 0):.0f}' for found in kinds)} |" for name in names]
    whole = " | ".join(f"{1000 * profiles[side]['seconds_per_step']:.0f}" for side in SIDES)
    return [*lines, f"| **a step** | {whole} |"]
