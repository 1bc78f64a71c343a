"""benchmarks/bench.py: what it takes from the rest of the project; make bench measures it all."""
from benchmarks import bench


def test_waiting_for_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "OUT", str(tmp_path))
    monkeypatch.setattr(bench, "STEPS", 1)
    cfg = bench.training_config("efficientnet_lite0", 1, mixed_precision=False)
    cfg.freeze = "backbone"
    monkeypatch.setattr(bench, "training_config", lambda net_type, batch_size: cfg)
    pictures, waiting = bench.loading()
    assert pictures > 0 and 0 <= waiting < 1


def test_by_turns():
    calls = []
    seconds = bench.by_turns([lambda: calls.append("a"), lambda: calls.append("b")], repeats=2)
    assert calls == ["a", "b"] * 3 and len(seconds) == 2 and min(seconds) >= 0


def test_what_is_compared():
    assert bench.row("graph", {"seconds": 0.002, "baseline_seconds": 0.01, "ratio": 5.0}) == (
        "| graph | 2.0 ms | 5.0 times as fast as 10.0 ms |")
    assert bench.row("memory", {"value": 540.0}) == "| memory | 540.00 | |"
