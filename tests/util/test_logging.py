import logging

import pytest

from util.config import cfg_from_file
from util.logging import setup_logging


@pytest.fixture(autouse=True)
def handlers():
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in list(root.handlers):
        root.removeHandler(handler)
        if handler not in before:
            handler.close()
    for handler in before:
        root.addHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_config_goes_to_the_log_and_to_the_screen_if_asked_for(tmp_path, capsys, verbose):
    (tmp_path / "pose_cfg.yaml").write_text("batch_size: 7\nfg_fraction: 0.5\n")
    setup_logging(str(tmp_path / "log.txt"), verbose)
    cfg_from_file(str(tmp_path / "pose_cfg.yaml"))
    logging.info("iteration: 20")
    log, screen = (tmp_path / "log.txt").read_text(), capsys.readouterr().out
    for text in (log, screen):
        assert "iteration: 20" in text and "fg_fraction has no effect" in text
    assert "batch_size: 7" in log and ("batch_size: 7" in screen) == verbose
