"""Reading a pose_cfg.yaml: strict, and a fresh object each time."""
import difflib
import logging
import os

import numpy as np
import yaml
from easydict import EasyDict

from util.command import UserError
from util.default_config import FLAT, KEYS, UNSET
from util.files import read_yaml
from util.logging import LONG
from util.skeleton import FIELDS, SKELETONS


LOGGER = logging.getLogger(LONG)
PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class ConfigError(UserError):
    """A config that cannot be used as it is; the message names the file and the key."""


class MissingKey(ConfigError, AttributeError):
    """A key that is needed and not set."""


class Config(EasyDict):
    """The keys of util/default_config.py as attributes and as a dict.

    (EasyDict takes a subclass's methods for items, so what else one does with a config are functions below.)
    """

    def __getattr__(self, key):
        # Only reached where the attribute is not there.
        if key in KEYS:
            raise MissingKey("%s: the key '%s' (%s) is needed here and not set"
                             % (self.get("config_file", "config"), key, KEYS[key].meaning))
        raise AttributeError(key)


def find_file(cfg, key):
    """The path that the config's `key` holds, see find_path."""
    return find_path(cfg, getattr(cfg, key))


def find_path(cfg, path):
    """`path` as it is (relative to the working directory), else beside the config file, else in the project's folder;
    as it is where it is nowhere.

    A checkpoint prefix exists if its .index file does.
    """
    beside = os.path.join(os.path.dirname(cfg.get("config_file", "")), path)
    for candidate in (path, beside, os.path.join(PROJECT, path)):
        if os.path.exists(candidate) or os.path.exists(candidate + ".index"):
            return candidate
    return path


def default_config():
    """A fresh config with every default."""
    return Config({key: _copy(info.default) for key, info in KEYS.items() if info.default is not UNSET})


def load_config(filename="pose_cfg.yaml"):
    """The config `filename`, in the folder that the environment variable POSE_PARAM_PATH names, else as it is."""
    return cfg_from_file(os.path.join(os.environ.get("POSE_PARAM_PATH", ""), filename))


def cfg_from_file(filename):
    """The config in a YAML file, merged over the defaults.

    Raises ConfigError, naming file and key, for unknown keys, wrong types, values out of range and files that are not a
    YAML mapping.
    """
    try:
        settings = read_yaml(filename)
    except UserError as error:
        raise ConfigError(str(error)) from None
    for key, value in settings.items():
        _check(filename, key, value)
    cfg = default_config()
    cfg.update(_preset_skeleton(settings))
    cfg.update(settings)
    cfg.preset_joints = _open_keys(settings)
    cfg.config_file = filename
    LOGGER.info("config %s:\n%s", filename, yaml.safe_dump(dict(cfg), default_flow_style=None).rstrip())
    return cfg


def with_defaults(cfg):
    """`cfg`, where it is a dict that no loader made (scripts of 2017 fill in EasyDicts), given the keys that it lacks."""
    if not isinstance(cfg, Config):
        given = dict(cfg)
        lacking = dict(default_config(), **_preset_skeleton(given))
        lacking["preset_joints"] = _open_keys(given)
        for key in set(lacking) - set(given):
            cfg[key] = lacking[key]
    return cfg


def adopt_skeleton(cfg, skeleton, source):
    """Give a config the joints of `source`, a data set's annotations or the weights; what its YAML sets stays.

    dataset_type is only a guess at the joints. Who knows better comes first: the annotations, without them the weights.
    """
    known = dict(skeleton._asdict(), num_joints=skeleton.num_joints)
    if "num_joints" not in cfg.preset_joints and cfg.get("num_joints") != skeleton.num_joints:
        return
    if any(known[key] != cfg.get(key) for key in cfg.preset_joints):
        logging.info("the %d joints are those of %s: %s", skeleton.num_joints, source, ", ".join(skeleton.joint_names))
    cfg.update({key: known[key] for key in cfg.preset_joints})
    cfg.preset_joints = []


def _copy(value):
    return list(value) if isinstance(value, list) else value


def _check(filename, key, value):
    info = KEYS.get(key)
    if info is None:
        nearest = difflib.get_close_matches(str(key), KEYS, n=1, cutoff=0)
        raise ConfigError("%s: unknown key '%s'; the nearest known key is '%s'" % (filename, key, nearest[0]))
    types = info.types if isinstance(info.types, tuple) else (info.types,)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ConfigError("%s: %s must be %s, not %r%s" % (filename, key, _names(types), value, _hint(value)))
    for leaf in _leaves(value):
        if info.leaves and (not isinstance(leaf, info.leaves) or isinstance(leaf, bool)):
            raise ConfigError("%s: %s holds %r, which should be a %s%s"
                              % (filename, key, leaf, _names(info.leaves), _hint(leaf)))
    _check_range(filename, key, value)
    if not info.has_effect:
        logging.warning("%s: %s has no effect", filename, key)


def _check_range(filename, key, value):
    info = KEYS[key]
    form, is_so = info.form or FLAT
    if not is_so(value):
        raise ConfigError("%s: %s must be %s, not %r" % (filename, key, form, value))
    for number in _leaves(value) if isinstance(value, list) else [value]:
        if info.numbers and number is not None and not info.numbers[1](number):
            holds = "holds %r, which" % number if isinstance(value, list) else "is %r and" % number
            raise ConfigError("%s: %s %s must be %s" % (filename, key, holds, info.numbers[0]))


def _leaves(value):
    """What lists, and lists in lists, hold."""
    if not isinstance(value, list):
        return []
    return [leaf for one in value for leaf in (_leaves(one) if isinstance(one, list) else [one])]


def _names(types):
    types = types if isinstance(types, tuple) else (types,)
    return " or ".join("null" if t is type(None) else t.__name__ for t in types)


def _hint(value):
    try:
        if not isinstance(value, str) or not np.isfinite(float(value)):
            return ""
    except ValueError:
        return ""
    return "; YAML wants a point in 1.0e-4" if "e" in value.lower() else "; without quotes it is a number"


def _preset_skeleton(settings):
    """The joints that the data set's type brings along, unless the YAML has joints of its own."""
    preset = SKELETONS.get(settings.get("dataset_type"))
    if preset is None or settings.get("num_joints", preset.num_joints) != preset.num_joints:
        return {}
    if _pairs(settings.get("all_joints", preset.all_joints)) != _pairs(preset.all_joints):
        return {}
    keys = {field: getattr(preset, field) for field in FIELDS}
    keys["num_joints"] = preset.num_joints
    return keys


def _open_keys(settings):
    """The skeleton's keys that annotations or weights may still set: none where the YAML says which joints it means."""
    if settings.get("dataset_type") not in SKELETONS or "all_joints" in settings or "joint_names" in settings:
        return []
    return [key for key in ("num_joints",) + FIELDS if key not in settings]


def _pairs(all_joints):
    """Groups of joints, whatever their order."""
    return sorted((sorted(group, key=str) if isinstance(group, list) else [group] for group in all_joints), key=str)


cfg = default_config()  # scripts of 2017 import it; no config that is loaded changes it
