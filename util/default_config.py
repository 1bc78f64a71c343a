"""Every key of a pose_cfg.yaml: its type, its default (UNSET where there is none) and what it means."""

UNSET = object()
NUMBER = (int, float)
STRING_OR_LIST = (str, list)

# What numbers may be, or each number of a list: in words, and as a function.
POSITIVE = "above 0", lambda number: 0 < number < float("inf")
NOT_NEGATIVE = "at least 0", lambda number: 0 <= number < float("inf")
AT_LEAST_1 = "at least 1", lambda number: 1 <= number < float("inf")
FRACTION = "from 0 to 1", lambda number: 0 <= number <= 1
TILE = "0, or a multiple of 32 from 512", lambda number: number == 0 or number >= 512 and number % 32 == 0
BELOW_1 = "at least 0 and below 1", lambda number: 0 <= number < 1


def _is_flat(value):
    return not isinstance(value, list) or not any(isinstance(one, list) for one in value)


# What lists and words may be, likewise; where nothing is said, FLAT.
FLAT = "a list without lists in it", _is_flat
THREE = "three numbers", lambda value: len(value) == 3 and _is_flat(value)
LISTS = "a list of lists", lambda value: all(isinstance(one, list) and _is_flat(one) for one in value)
PAIRS = "a list of pairs", lambda value: LISTS[1](value) and all(len(one) == 2 for one in value)
EXACT_OR_AUTO = "exact or auto", lambda value: value in ("exact", "auto")
SOME_PAIRS = "a list of pairs, at least one", lambda value: len(value) > 0 and PAIRS[1](value)


class Key(object):
    """One key: `default` is UNSET where a config must set the key before it is read; `types` are those allowed, `leaves`
    those of what a list holds; `numbers` and `form` are of the constants above: what numbers and lists may be."""

    def __init__(self, default, types, meaning, leaves=None, has_effect=True, numbers=None, form=None):
        self.default = default
        self.types = types
        self.meaning = meaning
        self.leaves = leaves
        self.has_effect = has_effect
        self.numbers = numbers
        self.form = form


KEYS = {
    # data
    "dataset": Key("", STRING_OR_LIST, "dataset.mat (or a list of them); for coco the root folder; for webdataset tar "
                   "archives, such as train-*.tar", str),
    "dataset_type": Key("default", str, "default, mpii, coco, penn_action, webdataset"),
    "dataset_phase": Key(UNSET, str, "coco: <root>/annotations/<ann>_<phase>.json, <root>/images/<phase>"),
    "dataset_ann": Key(UNSET, str, "coco: see dataset_phase; image_info = images without ground truth"),
    "coco_only_images_with_people": Key(False, bool, "coco: skip images without annotations"),
    "video_batch": Key(False, bool, "penn_action: a batch is consecutive frames of one sequence, changed alike"),
    "use_gt_segm": Key(False, bool, "coco: cut people out with their ground-truth masks"),

    # skeleton
    "num_joints": Key(UNSET, int, "J", numbers=AT_LEAST_1),
    "all_joints": Key(UNSET, list, "groups of joint ids; a group of two is a left/right pair", int, form=LISTS),
    "all_joints_names": Key(UNSET, list, "a name for each group", str),
    "joint_names": Key(UNSET, list, "a name for each joint", str),
    "limbs": Key(UNSET, list, "pairs of joint ids to be drawn as lines", int, numbers=NOT_NEGATIVE, form=PAIRS),
    "oks_sigmas": Key(UNSET, (list, type(None)), "per joint, the annotators' standard deviation over person size", NUMBER,
                      numbers=POSITIVE),

    # network
    "net_type": Key(UNSET, str, "resnet_50, resnet_101, efficientnet_lite0, "
                    "mobilenet_v2_fpn_1.75 (or _1.5, _1.0)"),
    "init_weights": Key(UNSET, str, "checkpoint prefix"),
    "stride": Key(8.0, NUMBER, "image pixels per map cell; mobilenet_v2_fpn: 4", numbers=POSITIVE),
    "mean_pixel": Key([123.68, 116.779, 103.939], list, "RGB, subtracted from the picture", NUMBER, form=THREE),
    "skip_connections": Key(False, bool, "heads that also see the backbone's maps of strides 16 and 8"),
    "intermediate_supervision": Key(False, bool, "a second part head inside block3"),
    "intermediate_supervision_layer": Key(12, int, "unit of block3 that gets it", numbers=AT_LEAST_1),
    "location_refinement": Key(False, bool, "predict the offset from cell centre to joint"),
    "locref_stdev": Key(7.2801, NUMBER, "unit of those offsets, px", numbers=POSITIVE),
    "pairwise_predict": Key(False, bool, "predict the offsets to all other joints"),
    "pairwise_stats_fn": Key("pairwise_stats.mat", str, "their means and standard deviations"),
    "tensorflow_pairwise_order": Key(True, bool, "channels in the order of the formula, not of the statistics file"),
    "pairwise_stats_collect": Key(False, bool, "set by pairwise_stats.py"),

    # pictures and targets
    "global_scale": Key(1.0, NUMBER, "every picture is resized by it", numbers=POSITIVE),
    "max_input_size": Key(UNSET, NUMBER, "training skips pictures with more pixels than its square after resizing",
                          numbers=POSITIVE),
    "pos_dist_thresh": Key(UNSET, NUMBER, "radius of a joint's positive cells, px (times scale)", numbers=POSITIVE),
    "weigh_part_predictions": Key(False, bool, "use the weights of the cells in the part loss"),
    "weigh_only_present_joints": Key(False, bool, "weight 1 for joints that occur in the picture, else 0"),
    "weigh_negatives": Key(False, bool, "none: accepted for old files", has_effect=False),
    "fg_fraction": Key(0.25, NUMBER, "none: accepted for old files", has_effect=False),
    "video": Key(False, bool, "none: accepted for old files", has_effect=False),

    # augmentation
    "mirror": Key(False, bool, "visit every picture mirrored as well; needs shuffle"),
    "shuffle": Key(True, bool, "visit the pictures in random order"),
    "crop": Key(False, bool, "cut out the data set's crop boxes"),
    "crop_pad": Key(0, int, "pixels by which those boxes grow first", numbers=NOT_NEGATIVE),
    "scale_jitter_lo": Key(1.0, NUMBER, "smallest random extra scale", numbers=POSITIVE),
    "scale_jitter_up": Key(1.0, NUMBER, "largest random extra scale", numbers=POSITIVE),
    "input_size": Key(0, int, "train on square crops of so many px around a person; 0 = whole pictures",
                      numbers=NOT_NEGATIVE),
    "person_size": Key(0, NUMBER, "scale people so that their joints span so many px; 0 = use global_scale; in testing, "
                                  "look again at the person found at that size, within input_size", numbers=NOT_NEGATIVE),
    "close_up": Key(0.0, NUMBER, "probability of a close-up: up to 3 times as large, with input_size around one joint",
                    numbers=FRACTION),
    "rotation": Key(0.0, NUMBER, "largest random rotation, degrees", numbers=NOT_NEGATIVE),
    "translation": Key(0.0, NUMBER, "largest random shift, as a part of the picture's sides", numbers=NOT_NEGATIVE),
    "colour": Key(0.0, NUMBER, "strength of random brightness, contrast and saturation; 0.3 = by up to 30 %",
                  numbers=NOT_NEGATIVE),
    "grey": Key(0.0, NUMBER, "probability of a picture without colour", numbers=FRACTION),
    "occlusion": Key(0.0, NUMBER, "probability that a random rectangle hides a part of the picture", numbers=FRACTION),

    # training
    "batch_size": Key(1, int, "pictures a step", numbers=AT_LEAST_1),
    "seed": Key(0, int, "of everything random", numbers=NOT_NEGATIVE),
    "optimizer": Key("sgd", str, "sgd (momentum 0.9), adam, or relative_adam: steps in parts of each variable's size"),
    "multi_step": Key(UNSET, list, "[[learning rate, until iteration], ...]", NUMBER, numbers=NOT_NEGATIVE, form=SOME_PAIRS),
    "adam_lr": Key(UNSET, NUMBER, "adam's learning rate with multi_step", numbers=POSITIVE),
    "cosine": Key(UNSET, list, "[highest rate, last rate, iterations]: a cosine schedule instead of multi_step", NUMBER,
                  numbers=NOT_NEGATIVE, form=THREE),
    "warmup_iters": Key(0, int, "iterations over which the cosine schedule's rate rises from 0", numbers=NOT_NEGATIVE),
    "locref_loss_weight": Key(1.0, NUMBER, "", numbers=NOT_NEGATIVE),
    "locref_huber_loss": Key(True, bool, "Huber loss, else squared error"),
    "pairwise_loss_weight": Key(1.0, NUMBER, "", numbers=NOT_NEGATIVE),
    "pairwise_huber_loss": Key(True, bool, "Huber loss, else squared error"),
    "freeze": Key([], STRING_OR_LIST, "parts that are not trained: backbone, part_pred, locref_pred, pairwise_pred", str),
    "ema_decay": Key(0.0, NUMBER, "of running averages of the weights, which are then what is tested; 0.999, or 0 = none",
                     numbers=BELOW_1),
    "weight_decay": Key(0.0001, NUMBER, "factor of the L2 term", numbers=NOT_NEGATIVE),
    "regularize": Key(False, bool, "add the L2 term to the loss"),
    "mixed_precision": Key(False, bool, "compute in bfloat16 where the processor has it"),
    "display_iters": Key(20, int, "iterations between two lines of progress", numbers=AT_LEAST_1),
    "save_iters": Key(2000, int, "iterations between two snapshots", numbers=AT_LEAST_1),
    "snapshot_prefix": Key("snapshot", str, "path and name of snapshots, without -<iteration>"),
    "log_dir": Key("log", str, "TensorBoard's folder"),
    "val_dataset": Key("", str, "dataset.mat, or coco's root folder, on which PCK is measured during training"),
    "val_phase": Key(UNSET, str, "coco: the dataset_phase of val_dataset"),
    "val_iters": Key(1000, int, "iterations between two such measurements", numbers=AT_LEAST_1),

    # testing
    "precision": Key("auto", str, "exact = float32; auto = bfloat16 where the processor computes in it",
                     form=EXACT_OR_AUTO),
    "scoremap_dir": Key("test", str, "folder of cached maps"),
    "cached_scoremaps": Key(UNSET, str, "folder of maps to be read instead of running the network"),
    "test_sizes": Key([], list, "sizes, px, at which people are searched: sides of squares with as many pixels as the "
                                  "resized picture; none = global_scale only. One person: tried in turn until it is surely "
                                  "found", NUMBER, numbers=POSITIVE),
    "test_factors": Key([], list, "average the maps over the picture resized by these factors as well, such as [0.8, 1, 1.25]",
                        NUMBER, numbers=POSITIVE),
    "tile_size": Key(0, int, "px: larger pictures go through the network in tiles of this side, which takes less memory; 0 = "
                     "never", numbers=TILE),
    "test_mirrored": Key(False, bool, "average score maps and location refinement over the picture and its mirror image"),
    "test_batch_size": Key(0, int, "where many pictures wait, of one size so many go through the network together; 0 = as "
                           "many as is fastest here", numbers=NOT_NEGATIVE),
    "border": Key(0, int, "px of mean_pixel put around a picture before it is searched for one person",
                  numbers=NOT_NEGATIVE),
    "score_threshold": Key(0.2, NUMBER, "joints with a lower score are not drawn"),
    "pck_threshold": Key(UNSET, NUMBER, "of eval_pck.py", numbers=POSITIVE),

    # many people
    "nms_radius": Key(UNSET, NUMBER, "cells", numbers=NOT_NEGATIVE),
    "det_min_score": Key(UNSET, NUMBER, "probability below which a cell is no detection", numbers=FRACTION),
    "most_detections": Key(100, int, "of each joint at one size, the best first", numbers=AT_LEAST_1),
    "solver_time_limit": Key(10.0, NUMBER, "seconds that one assembly of detections into people may take",
                             numbers=NOT_NEGATIVE),
    "solver_effort": Key(1.0, NUMBER, "how long it looks for better people than the first; 0 = not at all",
                         numbers=NOT_NEGATIVE),
    "person_min_joints": Key(1, int, "people of whom fewer joints were detected are not reported", numbers=NOT_NEGATIVE),
    "person_min_score": Key(0.0, NUMBER, "nor those with a lower score"),
    "scmap_threshold": Key(UNSET, NUMBER, "none: accepted for old files", has_effect=False),
    "sparse_graph": Key([], list, "pairs [a, b], a < b, of joints whose edges are used; none = all", int,
                        numbers=NOT_NEGATIVE, form=PAIRS),
    "pairwise_relative": Key(False, bool, "the spatial model measures distances in the person's own size instead of px"),
    "pairwise_model_dir": Key(UNSET, str, "folder of spatial_model_cidx_A_B.mat, and for videos temporal_model.mat"),

    # people in videos
    "track_window": Key(1, int, "videos: frames whose detections are assembled together, with the people of earlier ones",
                        numbers=AT_LEAST_1),
    "track_max_gap": Key(15, int, "frames for which somebody may be out of sight", numbers=NOT_NEGATIVE),
    "track_min_frames": Key(3, int, "people seen in fewer frames are not reported", numbers=AT_LEAST_1),
    "track_key_frames": Key(8, int, "one in so many frames is searched whole, the others where they differ from it; 1 = all whole",
                            numbers=AT_LEAST_1),
    "track_change": Key(12, NUMBER, "grey levels, of 255: what differs by less is not searched again", numbers=NOT_NEGATIVE),
    "track_largest_unit": Key(11.0, NUMBER, "tenths of a person's size, px of the resized frame: larger people are left to the "
                                            "smaller test_sizes", numbers=POSITIVE),
    "track_overlap": Key(0.8, NUMBER, "these take people from so much of that size on", numbers=FRACTION),
    "track_known_part": Key(0.25, NUMBER, "part of somebody's known joints that must be found, else they are out of sight",
                            numbers=FRACTION),
    "track_rival_joints": Key(3, int, "two who were seen together, each with so many of the same joints, are two people for ever",
                              numbers=AT_LEAST_1),
    "track_lost": Key(2.0, NUMBER, "tenths of a person's size: joints that optical flow misses by more do not follow it",
                      numbers=NOT_NEGATIVE),
    "track_whole": Key(0.7, NUMBER, "part of somebody's known joints that must be found to tell their velocity",
                       numbers=FRACTION),
    "track_steady": Key(0.85, NUMBER, "part of their velocity that people keep from frame to frame", numbers=FRACTION),

    # set by the loader
    "config_file": Key(UNSET, str, "the file that this config was read from"),
    "preset_joints": Key([], list, "keys of the skeleton that the file does not set, see adopt_skeleton", str),
}
