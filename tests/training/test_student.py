import pytest
import torch

from training.student import _precision


@pytest.mark.parametrize(("native", "wanted"), [(True, "bfloat16"), (False, "float16")])
def test_a_gpu_that_only_emulates_bfloat16_computes_in_float16(
    native: bool, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def supported(including_emulation: bool = True) -> bool:
        return including_emulation or native

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert _precision("auto", torch.device("cuda")) == wanted
