"""The pose network: a backbone, and heads for part scores, location refinement and pairwise offsets.

DeeperCut (arXiv 1605.03170), section 4. With B pictures of h x w px, all maps are [B, H, W, channels] with
H = 2 ceil(h / 16), W = 2 ceil(w / 16): a cell spans 8 px.
"""
from dataset.pose_dataset import Batch
from nnet import losses
from nnet.backbone import backbone, scope_of
from nnet.layers import conv, deconv
from nnet.tf import tf
from util.command import UserError

DECODER_CHANNELS = {16: 128, 8: 96}  # of the maps of each stride, with skip connections


def get_batch_spec(cfg):
    """{Batch member: shape} of what PoseNet(cfg).train takes; None = any."""
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
        spec[Batch.padding_mask] = maps(1)
    return spec


def training_inputs(cfg):
    """{Batch member: placeholder} of what a data set's make_batch gives: as get_batch_spec, but pairwise targets are
    listed, since dense ones take most of the memory and time."""
    spec = get_batch_spec(cfg)
    inputs = {}
    if cfg.pairwise_predict:
        del spec[Batch.pairwise_targets], spec[Batch.pairwise_mask]
        inputs[Batch.pairwise_index] = tf.placeholder(tf.int32, [None, 4], "pairwise_index")
        inputs[Batch.pairwise_values] = tf.placeholder(tf.float32, [None, 2], "pairwise_values")
    inputs.update({key: tf.placeholder(tf.float32, shape, key.name) for key, shape in spec.items()})
    return inputs


class PoseNet(object):
    """The network that a config describes. Raises UserError for an unknown net_type."""

    def __init__(self, cfg):
        scope_of(cfg.net_type)
        if cfg.stride != 8:
            raise UserError("stride %s: the networks here make maps of stride 8" % cfg.stride)
        if cfg.skip_connections and cfg.intermediate_supervision:
            raise UserError("intermediate_supervision and skip_connections do not go together")
        self.cfg = cfg

    def heads(self, inputs):
        """inputs: RGB 0..255 [B, h, w, 3] -> {name: maps before any activation}."""
        cfg = self.cfg
        height, width = tf.shape(inputs)[1], tf.shape(inputs)[2]
        x = tf.cast(inputs, tf.float32) - tf.constant(cfg.mean_pixel, tf.float32)
        x.set_shape([None, None, None, 3])
        if cfg.skip_connections:  # the maps of all strides must fit each other: fill up to a multiple of 32
            x = tf.pad(x, [[0, 0], [0, -height % 32], [0, -width % 32], [0, 0]])
        features = backbone(x, cfg)

        channels = {"part_pred": cfg.num_joints}
        if cfg.location_refinement:
            channels["locref_pred"] = 2 * cfg.num_joints
        if cfg.pairwise_predict:
            channels["pairwise_pred"] = 2 * cfg.num_joints * (cfg.num_joints - 1)
        with tf.variable_scope("pose"):
            if cfg.skip_connections:
                x = self._decode(features)
                x = x[:, :2 * ((height + 15) // 16), :2 * ((width + 15) // 16)]  # [B, H, W, 96]
                return {name: conv(x, count, 1, name) for name, count in channels.items()}
            heads = {name: self._head(features.output, count, name) for name, count in channels.items()}
            if cfg.intermediate_supervision:
                heads["intermediate_supervision"] = self._head(self._intermediate(features), cfg.num_joints,
                                                               "intermediate_supervision")
            return heads

    def _head(self, x, channels, name):
        with tf.variable_scope(name):
            return deconv(x, channels, "block4")

    def _decode(self, features):
        """Double the size until the stride is 8, each time next to the backbone's own map of that stride."""
        x, stride = features.output, features.stride
        with tf.variable_scope("decoder"):
            while stride > 8:
                stride //= 2
                with tf.variable_scope("stride_%d" % stride):
                    x = tf.nn.relu(deconv(x, DECODER_CHANNELS[stride], "up"))
                    x = tf.concat([x, features.skips[stride]], axis=-1)
                    x = tf.nn.relu(conv(x, DECODER_CHANNELS[stride], 3, "merge"))
        return x

    def _intermediate(self, features):
        name = "block3/unit_%d" % self.cfg.intermediate_supervision_layer
        if name not in features.maps:
            raise UserError("intermediate_supervision_layer %d: %s has no %s" % (
                self.cfg.intermediate_supervision_layer, self.cfg.net_type, name))
        return features.maps[name]

    def test(self, inputs):
        """inputs: RGB 0..255 [B, h, w, 3] -> {"part_prob", "locref", "pairwise_pred"}, those that the config has."""
        heads = self.heads(inputs)
        outputs = {"part_prob": tf.sigmoid(heads["part_pred"])}
        if self.cfg.location_refinement:
            outputs["locref"] = heads["locref_pred"]
        if self.cfg.pairwise_predict:
            outputs["pairwise_pred"] = heads["pairwise_pred"]
        return outputs

    def train(self, batch):
        """batch: {Batch member: tensor} -> {"total_loss", "part_loss", ...}, scalars; total_loss is their sum."""
        cfg = self.cfg
        heads = self.heads(batch[Batch.inputs])
        weights = batch[Batch.part_score_weights] if cfg.weigh_part_predictions else 1.0
        weights = weights * batch.get(Batch.padding_mask, 1.0)
        targets = batch[Batch.part_score_targets]
        loss = {"part_loss": losses.part_loss(targets, heads["part_pred"], weights)}
        if "intermediate_supervision" in heads:
            loss["part_loss_interm"] = losses.part_loss(targets, heads["intermediate_supervision"], weights)
        if cfg.location_refinement:
            offset_loss = losses.huber_loss if cfg.locref_huber_loss else losses.squared_loss
            loss["locref_loss"] = cfg.locref_loss_weight * offset_loss(
                batch[Batch.locref_targets], heads["locref_pred"], batch[Batch.locref_mask])
        if cfg.pairwise_predict:
            loss["pairwise_loss"] = cfg.pairwise_loss_weight * self._pairwise_loss(batch, heads["pairwise_pred"])
        if cfg.regularize:
            decayed = [v for v in tf.trainable_variables() if v.op.name.endswith("weights")]
            loss["l2_loss"] = cfg.weight_decay * tf.add_n([tf.nn.l2_loss(v) for v in decayed])
        loss["total_loss"] = tf.add_n(list(loss.values()))
        return loss

    def _pairwise_loss(self, batch, predicted):
        offset_loss = losses.huber_loss if self.cfg.pairwise_huber_loss else losses.squared_loss
        if Batch.pairwise_targets in batch:
            return offset_loss(batch[Batch.pairwise_targets], predicted, batch[Batch.pairwise_mask])
        shape = tf.shape(predicted)
        predicted = tf.reshape(predicted, [shape[0], shape[1], shape[2], -1, 2])  # [B, H, W, pairs, 2]
        listed = tf.gather_nd(predicted, batch[Batch.pairwise_index])  # [M, 2]
        return offset_loss(batch[Batch.pairwise_values], listed)
