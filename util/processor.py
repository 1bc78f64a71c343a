"""What the machine can."""
import os

MOST_PARALLEL = 4  # pictures: each takes memory
NEWER = ("avx512", "avx_vnni", "amx")
HIDDEN = {"SSE41": NEWER, "AVX": NEWER, "AVX2": NEWER, "AVX2_VNNI": ("avx512", "amx"),
          "AVX512_CORE": ("avx512_vnni", "avx512_bf16", "avx_vnni", "amx"), "AVX512_CORE_VNNI": ("avx512_bf16", "amx"),
          "AVX512_CORE_BF16": ("amx",)}  # beginnings of names, by what ONEDNN_MAX_CPU_ISA says


def described(key):
    """What Linux says of the first processor: its "model name", its "flags" and others; "" where that is not known."""
    try:
        with open("/proc/cpuinfo") as stream:
            return next((line.split(":", 1)[1].strip() for line in stream if line.startswith(key)), "")
    except OSError:
        return ""


def flags():
    """Names of the processor's instruction sets; none where they are not known. Those from which ONEDNN_MAX_CPU_ISA keeps oneDNN,
    which computes the networks, are left out."""
    hidden = HIDDEN.get(os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper(), ())
    return {name for name in described("flags").split() if not name.startswith(hidden)}


def computes_bfloat16():
    """Whether the processor computes in bfloat16 (AVX512-BF16 or AMX)."""
    return not flags().isdisjoint(["avx512_bf16", "amx_bf16"])


def adds_products_of_8_bits():
    """Whether the processor can do that without rounding or overflow (VNNI)."""
    return not flags().isdisjoint(["avx512_vnni", "avx_vnni"])


def cores():
    """How many of the processor's cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parallel_searches():
    """How many pictures the network searches at a time where many wait: as many as there are cores, each on its own."""
    return min(cores(), MOST_PARALLEL)


def thread_budget():
    """How many threads a network may use, 0 = as many as it likes: what OMP_NUM_THREADS says, as batch systems and Ray set
    it for processes that share a machine."""
    said = os.environ.get("OMP_NUM_THREADS", "").split(",")[0]
    return int(said) if said.isdigit() else 0


def has_graphics_card():
    """Whether there is one that TensorFlow may compute on."""
    return os.path.exists("/proc/driver/nvidia/version")
