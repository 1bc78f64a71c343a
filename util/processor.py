"""What the machine can."""
import os


def flags():
    """Names of the processor's instruction sets, as Linux lists them; none where that is not known."""
    try:
        with open("/proc/cpuinfo") as stream:
            lists = [line.split(":", 1)[1] for line in stream if line.startswith("flags")]
    except OSError:
        return set()
    return set(lists[0].split()) if lists else set()


def computes_bfloat16():
    """Whether the processor computes in bfloat16 (AVX512-BF16 or AMX)."""
    return not flags().isdisjoint(["avx512_bf16", "amx_bf16"])


def has_graphics_card():
    """Whether there is one that TensorFlow may compute on."""
    return os.path.exists("/proc/driver/nvidia/version")
