"""The pose network: a backbone, and heads for part scores, location refinement and pairwise offsets.

DeeperCut (arXiv 1605.03170), section 4. With B pictures of h x w px, all maps are [B, H, W, channels] with
H = 2 ceil(h / 2s), W = 2 ceil(w / 2s): a cell spans s px, the stride, 8 or with a feature pyramid 4.
"""
import numpy as np

from dataset.batch import Batch, Extra
from dataset.maps import input_side
from nnet import losses
from nnet.backbone import PYRAMIDS, backbone, map_stride
from nnet.gradients import fast_gradients
from nnet.heads import (deconv_head_at, deconv_heads, decode, pointwise_head_at, pointwise_heads, pyramid_head,
                        pyramid_pairwise_features, pyramid_pairwise_head)
from nnet.tf import tf
from util.command import UserError
from util.config import with_defaults

HEADS = ("part_pred", "locref_pred", "pairwise_pred")
OUTPUTS = {"part_pred": "part_prob", "locref_pred": "locref", "pairwise_pred": "pairwise_pred",
           "pairwise_features": "pairwise_features"}  # what heads are called when they are tested

def get_batch_spec(cfg):
    """{Batch member: shape} of what PoseNet(cfg).train takes, with batch_size > 1 also Extra.padding_mask; None = any."""
    with_defaults(cfg)

    def maps(channels):
        return [cfg.batch_size, None, None, channels]

    joints = cfg.num_joints
    spec = {Batch.inputs: maps(3), Batch.part_score_targets: maps(joints), Batch.part_score_weights: maps(joints)}
    if cfg.location_refinement:
        spec.update({Batch.locref_targets: maps(2 * joints), Batch.locref_mask: maps(2 * joints)})
    if cfg.pairwise_predict:
        channels = 2 * joints * (joints - 1)
        spec.update({Batch.pairwise_targets: maps(channels), Batch.pairwise_mask: maps(channels)})
    if cfg.batch_size > 1:
        spec[Extra.padding_mask] = maps(1)
    return spec


def training_inputs(cfg):
    """{Batch or Extra member: placeholder} of what a data set's training_batch gives: as get_batch_spec, but pairwise
    targets are listed, since dense ones take most of the memory and time."""
    spec = get_batch_spec(cfg)
    inputs = {}
    if cfg.pairwise_predict:
        del spec[Batch.pairwise_targets], spec[Batch.pairwise_mask]
        inputs[Extra.pairwise_index] = tf.placeholder(tf.int32, [None, 4], "pairwise_index")
        inputs[Extra.pairwise_values] = tf.placeholder(tf.float32, [None, 2], "pairwise_values")
    inputs.update({key: tf.placeholder(tf.float32, shape, key.name) for key, shape in spec.items()})
    return inputs


class PoseNet(object):
    """The network that a config describes. Raises UserError for an unknown net_type."""

    def __init__(self, cfg):
        with_defaults(cfg)
        self.stride = map_stride(cfg.net_type)
        if cfg.stride != self.stride:
            raise UserError("stride %g: the maps of %s have stride %d" % (cfg.stride, cfg.net_type, self.stride))
        if cfg.skip_connections and cfg.intermediate_supervision:
            raise UserError("intermediate_supervision and skip_connections do not go together")
        self.cfg = cfg

    def heads(self, inputs, pairwise_at=None):
        """inputs: RGB 0..255 [B, h, w, 3] -> {name: maps before any activation}; with pairwise_predict also
        "pairwise_features", whatever it is that pairwise_pred is worked out from, cell by cell.

        pairwise_at: int32 [N, 3] (place in the batch, row, column); if given, pairwise offsets are those of these cells
            alone, [N, channels]: in all cells they may take more time than the rest of a training
        """
        size = tf.shape(inputs)[1:3]
        filled = input_side(size, self.cfg)
        x = tf.cast(inputs, tf.float32) - tf.constant(self.cfg.mean_pixel, tf.float32)
        x.set_shape([None, None, None, 3])
        if filled is size:
            return self.heads_of_input(x, pairwise_at)
        x = tf.pad(x, [[0, 0], [0, filled[0] - size[0]], [0, filled[1] - size[1]], [0, 0]])
        x = tf.reshape(x, [-1, filled[0], filled[1], 3])  # a shape that the graph itself tells: nnet.export's formats need it
        return {name: maps if name == "pairwise_features" or maps.shape.ndims == 2 else self._within(maps, size)
                for name, maps in self.heads_of_input(x, pairwise_at).items()}

    def heads_of_input(self, x, pairwise_at=None):
        """The same of pictures as the backbone takes them: minus mean_pixel, filled up with 0, see dataset.maps.input_side. Maps
        are of all of that."""
        cfg, channels = self.cfg, self._channels()
        features = backbone(x, cfg)
        with tf.variable_scope("pose"):
            if cfg.net_type in PYRAMIDS:
                return _pyramid_heads(features.maps, channels, pairwise_at)
            if cfg.skip_connections:
                return _heads_on(decode(features), channels, pointwise_heads, pointwise_head_at, pairwise_at)
            heads = _heads_on(features.output, channels, deconv_heads, deconv_head_at, pairwise_at)
            if cfg.intermediate_supervision:
                heads.update(deconv_heads(self._intermediate(features), {"intermediate_supervision": cfg.num_joints}))
        return heads

    def _channels(self):
        """{name of a head: its channels}"""
        cfg = self.cfg
        channels = {"part_pred": cfg.num_joints}
        if cfg.location_refinement:
            channels["locref_pred"] = 2 * cfg.num_joints
        if cfg.pairwise_predict:
            channels["pairwise_pred"] = 2 * cfg.num_joints * (cfg.num_joints - 1)
        return channels

    def _within(self, maps, size):
        """The part of maps that belongs to a picture of `size`, see dataset.maps.map_size."""
        rows, columns = (2 * ((size[axis] + 2 * self.stride - 1) // (2 * self.stride)) for axis in (0, 1))
        return maps[:, :rows, :columns]

    def _intermediate(self, features):
        name = "block3/unit_%d" % self.cfg.intermediate_supervision_layer
        if name not in features.maps:
            raise UserError("intermediate_supervision_layer %d: %s has no %s" % (
                self.cfg.intermediate_supervision_layer, self.cfg.net_type, name))
        return features.maps[name]

    def test(self, inputs):
        """inputs: RGB 0..255 [B, h, w, 3] -> {"part_prob", "locref", "pairwise_pred"}, those that the config has."""
        outputs = _outputs(self.heads(inputs))
        outputs.pop("pairwise_features", None)
        return outputs

    def test_in_cells(self, x, cells):
        """The same of pictures as heads_of_input takes them, with pairwise_pred [N, channels] in cells alone, int32 [N, 3] (place
        in the batch, row, column), and "pairwise_features": with them fed, other cells can be asked for."""
        return _outputs(self.heads_of_input(x, cells))

    def train(self, batch):
        """batch: {Batch or Extra member: tensor} -> {"total_loss", "part_loss", ...}, scalars; total_loss is their sum."""
        cfg = self.cfg
        cells, place = _listed_cells(batch)
        with fast_gradients():
            heads = self.heads(batch[Batch.inputs], pairwise_at=cells)
        weights = batch[Batch.part_score_weights] if cfg.weigh_part_predictions else 1.0
        weights = weights * batch.get(Extra.padding_mask, 1.0)
        targets = batch[Batch.part_score_targets]
        loss = {"part_loss": losses.part_loss(targets, heads["part_pred"], weights)}
        if "intermediate_supervision" in heads:
            loss["part_loss_interm"] = losses.part_loss(targets, heads["intermediate_supervision"], weights)
        if cfg.location_refinement:
            offset_loss = losses.huber_loss if cfg.locref_huber_loss else losses.squared_loss
            loss["locref_loss"] = cfg.locref_loss_weight * offset_loss(
                batch[Batch.locref_targets], heads["locref_pred"], batch[Batch.locref_mask])
        if cfg.pairwise_predict:
            loss["pairwise_loss"] = cfg.pairwise_loss_weight * self._pairwise_loss(
                batch, heads["pairwise_pred"], place)
        if cfg.regularize:
            decayed = [v for v in tf.trainable_variables() if v.op.name.endswith("weights")]
            loss["l2_loss"] = cfg.weight_decay * tf.add_n([tf.nn.l2_loss(v) for v in decayed])
        loss["total_loss"] = tf.add_n(list(loss.values()))
        return loss

    def _pairwise_loss(self, batch, predicted, place):
        offset_loss = losses.huber_loss if self.cfg.pairwise_huber_loss else losses.squared_loss
        if place is None:
            return offset_loss(batch[Batch.pairwise_targets], predicted, batch[Batch.pairwise_mask])
        pairs = tf.reshape(predicted, [-1, self.cfg.num_joints * (self.cfg.num_joints - 1), 2])
        listed = tf.gather_nd(pairs, tf.stack([place, batch[Extra.pairwise_index][:, 3]], axis=1))  # [M, 2]
        return offset_loss(batch[Extra.pairwise_values], listed)


def _outputs(heads):
    """What PoseNet.test_in_cells gives, of what PoseNet.heads gives."""
    outputs = {called: heads[name] for name, called in OUTPUTS.items() if name in heads}
    return dict(outputs, part_prob=tf.sigmoid(heads["part_pred"]))


def _pyramid_heads(maps, channels, pairwise_at):
    heads = {name: pyramid_head(maps["pyramid_4"], count, name) for name, count in channels.items() if name != "pairwise_pred"}
    if "pairwise_pred" in channels:
        with tf.variable_scope("pairwise_pred"):
            x = heads["pairwise_features"] = pyramid_pairwise_features(maps)
            heads["pairwise_pred"] = pyramid_pairwise_head(x, channels["pairwise_pred"], "output", pairwise_at)
    return heads


def loss_sizes(cfg, batch):
    """{name: how many non-zero weights a loss of PoseNet.train is a mean over}, of a batch of arrays; without l2_loss."""
    weights = batch[Batch.part_score_weights] if cfg.weigh_part_predictions else 1.0
    weights = np.broadcast_to(weights * batch.get(Extra.padding_mask, 1.0), batch[Batch.part_score_targets].shape)
    sizes = dict.fromkeys(["part_loss", "part_loss_interm"], np.count_nonzero(weights))
    if cfg.location_refinement:
        sizes["locref_loss"] = np.count_nonzero(batch[Batch.locref_mask])
    if cfg.pairwise_predict:
        sizes["pairwise_loss"] = batch[Extra.pairwise_values].size
    return sizes


def _heads_on(x, channels, everywhere, in_cells, pairwise_at):
    """The heads that see the features x, see PoseNet.heads; everywhere, in_cells: functions of nnet.heads"""
    if "pairwise_pred" not in channels:
        return everywhere(x, channels)
    if pairwise_at is None:
        return dict(everywhere(x, channels), pairwise_features=x)
    heads = everywhere(x, {name: count for name, count in channels.items() if name != "pairwise_pred"})
    pairwise = in_cells(x, channels["pairwise_pred"], "pairwise_pred", pairwise_at)
    return dict(heads, pairwise_features=x, pairwise_pred=pairwise)


def _listed_cells(batch):
    """([N, 3] the different cells (place in the batch, row, column) of the listed pairwise offsets, [M] the place of each
    offset's cell among them); (None, None) where they are not listed."""
    if Extra.pairwise_index not in batch:
        return None, None
    rows, columns = tf.unstack(tf.shape(batch[Batch.part_score_targets])[1:3])
    number, row, column, _ = tf.unstack(batch[Extra.pairwise_index], axis=1)
    cells, place = tf.unique((number * rows + row) * columns + column)
    return tf.stack([cells // (rows * columns), cells // columns % rows, cells % columns], axis=1), place
