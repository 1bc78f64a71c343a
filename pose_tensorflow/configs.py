"""Which config is meant, and for how many people it is."""
import os
from typing import Optional

from util.config import PROJECT, Config, ConfigError, cfg_from_file

SHIPPED = {name: os.path.join(PROJECT, "models", name, "test", "pose_cfg.yaml") for name in ("single", "multi")}


def choose_config(model: str, weights: Optional[str] = None) -> Config:
    """The config of the shipped weights "single" or "multi", or in a file; weights: instead of its init_weights.

    Raises ConfigError.
    """
    if model not in SHIPPED and not os.path.exists(model):
        raise ConfigError("%s is neither %s nor a config: there is no such file" % (model, " nor ".join(SHIPPED)))
    cfg = cfg_from_file(SHIPPED.get(model, model))
    cfg.init_weights = weights or cfg.init_weights
    return cfg


def for_several(cfg: Config) -> bool:
    """Whether a config's people are assembled, from pairwise offsets and a spatial model; else it finds one person."""
    return bool(cfg.pairwise_predict and "pairwise_model_dir" in cfg)
