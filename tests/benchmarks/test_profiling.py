import pytest

from benchmarks.profiling import kind_of, table


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("aten::addmm", "matrix products"),
        ("aten::add_", "sums and products"),
        ("aten::native_layer_norm_backward", "layer norm"),
        ("aten::_scaled_dot_product_flash_attention_for_cpu", "fused attention"),
        ("aten::_softmax_backward_data", "softmax"),
        ("aten::_to_copy", "copies and casts"),
        ("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", "reading and tokenising"),
        ("Optimizer.step#AdamW.step", "optimiser"),
        ("AddmmBackward0", "other operations"),
    ],
)
def test_operations_are_told_by_kind(operation: str, kind: str) -> None:
    assert kind_of(operation) == kind


def test_the_kinds_that_take_the_most_on_either_side_come_first() -> None:
    ours = {"seconds_per_step": 0.5, "kinds": {"softmax": 0.1, "dropout": 0.001}}
    theirs = {"seconds_per_step": 0.7, "kinds": {"softmax": 0.2, "matrix products": 0.3}}
    _, _, *rows = table({"ours": ours, "theirs": theirs})
    assert rows == [
        "| matrix products | 0 | 300 |",
        "| softmax | 100 | 200 |",
        "| dropout | 1 | 0 |",
        "| **a step** | 500 | 700 |",
    ]
