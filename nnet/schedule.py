"""The learning rate of each iteration."""
import math

from util.command import UserError


def last_iteration(cfg):
    """The iteration after whose step training ends; the first is 0. Raises UserError for two schedules at once."""
    if "cosine" in cfg and "multi_step" in cfg:
        raise UserError("%s has both cosine and multi_step" % cfg.get("config_file", "the config"))
    return int(cfg.cosine[2] if "cosine" in cfg else cfg.multi_step[-1][1])


def learning_rate(cfg, iteration):
    """The rate of one step. multi_step: the iteration named in a pair still has that pair's rate; adam's is adam_lr.

    cosine: from cfg.cosine[0] down to cfg.cosine[1] (Loshchilov and Hutter, arXiv 1608.03983), after a linear rise over
    warmup_iters.
    """
    if "cosine" in cfg:
        highest, last, end = cfg.cosine
        if iteration < cfg.warmup_iters:
            return highest * (iteration + 1) / cfg.warmup_iters
        part = min((iteration - cfg.warmup_iters) / max(end - cfg.warmup_iters, 1), 1)
        return last + (highest - last) * (1 + math.cos(math.pi * part)) / 2
    if cfg.optimizer == "adam":
        return cfg.adam_lr
    for rate, until in cfg.multi_step:
        if iteration <= until:
            return rate
    return cfg.multi_step[-1][0]
