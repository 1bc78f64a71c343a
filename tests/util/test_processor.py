import pytest

from util import processor


ALL = {"avx2", "avx512f", "avx512_bf16", "amx_bf16", "avx_vnni"}


@pytest.mark.parametrize("limit, expected", [
    (None, ALL), ("AVX512_CORE_AMX", ALL), ("AVX2", {"avx2"}), ("AVX512_CORE", {"avx2", "avx512f"}), ("avx2", {"avx2"})])
def test_what_onednn_is_kept_from_is_not_there(monkeypatch, limit, expected):
    monkeypatch.setattr(processor, "described", lambda key: " ".join(ALL))
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if limit:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    assert processor.flags() == expected
    assert processor.computes_bfloat16() == processor.adds_products_of_8_bits() == (expected == ALL)
