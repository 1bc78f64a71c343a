"""demo.command: which weights a demo takes."""
import pytest

from demo import command
from util.command import UserError

CONFIG = "net_type: mobilenet_v2_fpn_1.5\ninit_weights: %s\n"


@pytest.fixture
def configs(tmp_path):
    (tmp_path / "published.yaml").write_text(CONFIG % "mpii-weights")
    (tmp_path / "shipped.yaml").write_text(CONFIG % "weights")
    return str(tmp_path / "published.yaml"), str(tmp_path / "shipped.yaml")


def test_shipped_weights_where_there_are_no_published_ones(tmp_path, configs, capsys):
    (tmp_path / "weights.index").write_text("")
    assert command.choose_config(None, *configs).init_weights == "weights"
    assert "mpii-weights are not here (models/mpii/download_models.sh gets them)" in capsys.readouterr().out
    (tmp_path / "mpii-weights.index").write_text("")
    assert command.choose_config(None, *configs).init_weights == "mpii-weights"
    assert capsys.readouterr().out == ""
    assert command.choose_config(configs[1], *configs).init_weights == "weights"


def test_no_weights_at_all(configs, capsys):
    with pytest.raises(UserError, match="mpii-weights are not here .*, nor are those that .*shipped.yaml names"):
        command.choose_config(None, *configs)
    assert "using" not in capsys.readouterr().out
