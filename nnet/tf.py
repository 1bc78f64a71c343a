"""TensorFlow's graphs and sessions, under 1.15 and 2.x alike: ``from nnet.tf import tf``.

To import this, or anything of nnet and multiperson.predict, switches eager execution off in the whole process.
"""
import contextlib
import os
import sys

from util.processor import computes_bfloat16, has_graphics_card, thread_budget

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no notes on start-up; errors still show
# TensorFlow takes oneDNN by itself only where the processor has AVX-512 or VNNI; with AVX2 trainings take a third less with it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# In bfloat16 the gradients of depthwise convolutions take four times as long as in float32.
os.environ.setdefault("TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_ALLOWLIST_REMOVE",
                      "DepthwiseConv2dNativeBackpropInput,DepthwiseConv2dNativeBackpropFilter")


@contextlib.contextmanager
def _no_notes():
    """TensorFlow writes notes while it is imported that no setting stops (its issue 100442). Exceptions still show."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextlib.contextmanager
def _without_keras():
    """While it is imported TensorFlow tries to import Keras, to know its optimisers in saved models. With all that Keras
    imports, scikit-learn and pyplot among others, that would be 40 % of the time. Whoever needs Keras can import it later."""
    hidden = "keras.src" not in sys.modules
    if hidden:
        sys.modules["keras.src"] = None
    try:
        yield
    finally:
        if hidden:
            del sys.modules["keras.src"]


try:
    with _no_notes(), _without_keras():
        import tensorflow.compat.v1 as tf
except ImportError as error:
    raise ImportError(
        "TensorFlow is needed and cannot be imported (%s). Install it with one of\n"
        '    pip install -e ".[cpu]"      without a graphics card\n'
        '    pip install -e ".[gpu]"      with CUDA\n'
        '    pip install -e ".[tf1]"      TensorFlow 1.15, Python 3.7\n'
        'in a checkout; elsewhere with pip install tensorflow-cpu, "tensorflow[and-cuda]" or "tensorflow==1.15.*"'
        % error) from None

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()


def has_bfloat16():
    """Whether this processor computes in bfloat16, and this TensorFlow knows how to use it."""
    return (computes_bfloat16()
            and hasattr(tf.ConfigProto().graph_options.rewrite_options, "auto_mixed_precision_onednn_bfloat16"))


def session_config(bfloat16=False):
    """Settings of a session; bfloat16 = let oneDNN compute convolutions in bfloat16 where the processor can."""
    config = tf.ConfigProto()
    config.gpu_options.allow_growth = True
    if bfloat16 and has_bfloat16():
        # 1 = RewriterConfig.ON; the enumeration moves between TensorFlow's modules, its number does not.
        config.graph_options.rewrite_options.auto_mixed_precision_onednn_bfloat16 = 1
    return config


def frozen_session_config(bfloat16=False):
    """The same for a graph whose constants are worked out, see nnet.freeze: only what such a graph still gains from. Each
    pass copies all weights, and looks at all operations: with all of them a ResNet-101 takes 0.9 GB and 6 s more."""
    config = session_config(bfloat16)
    config.intra_op_parallelism_threads = config.inter_op_parallelism_threads = thread_budget()
    rewriter = config.graph_options.rewrite_options
    rewriter.meta_optimizer_iterations = 1
    rewriter.optimizers.extend(["auto_mixed_precision_onednn_bfloat16"] * (bfloat16 and has_bfloat16())
                               + ["layout"] * has_graphics_card() + ["remap"])
    return config
