/* A processor that seems to have AVX2 and nothing newer, to everything in a process and in those that it starts:

       mkdir -p out; cc -shared -fPIC benchmarks/avx2_only.c -o out/avx2_only.so
       ONEDNN_MAX_CPU_ISA=AVX2 LD_PRELOAD=$PWD/out/avx2_only.so make bench

   CPUID, by which programs learn what a processor can, is made to fail (arch_prctl(2), ARCH_SET_CPUID: Linux, processors with
   "cpuid_fault" in /proc/cpuinfo) and answered here, without the bits that Intel's manual (volume 2A, CPUID) gives to what came
   later. ONEDNN_MAX_CPU_ISA says the same to util/processor.py, which reads /proc/cpuinfo. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012

static const unsigned char CPUID[] = {0x0f, 0xa2};

/* Leaf 7: AVX-512, AMX, and what works on vectors of 8 bits, of bfloat16 or of bits. */
static const unsigned EBX = 1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31;
static const unsigned ECX = 1u << 1 | 1u << 6 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << 14;
static const unsigned EDX = 1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25;

static int allow_cpuid(int allowed) {
    return (int) syscall(SYS_arch_prctl, ARCH_SET_CPUID, allowed);
}

static void answer(int number, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *) context)->uc_mcontext.gregs;
    if (info->si_code != SI_KERNEL || memcmp((void *) registers[REG_RIP], CPUID, sizeof CPUID)) {
        signal(number, SIG_DFL);  /* a fault of the program's own: it comes again, and ends it */
        return;
    }
    unsigned leaf = registers[REG_RAX], part = registers[REG_RCX], a, b, c, d;
    allow_cpuid(1);
    __cpuid_count(leaf, part, a, b, c, d);
    allow_cpuid(0);
    if (leaf == 7 && part == 0)
        b &= ~EBX, c &= ~ECX, d &= ~EDX;
    else if (leaf == 7 || leaf == 0x1d || leaf == 0x1e || leaf == 0x24)  /* only what is newer, tiles among it */
        a = b = c = d = 0;
    registers[REG_RAX] = a, registers[REG_RBX] = b, registers[REG_RCX] = c, registers[REG_RDX] = d;
    registers[REG_RIP] += sizeof CPUID;
}

__attribute__((constructor)) static void begin(void) {
    /* Not on a stack of its own: those that packages set up are too small for AMX's registers. */
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSEGV, &action, NULL) || allow_cpuid(0)) {
        perror("CPUID cannot be made to fail");
        exit(1);
    }
}
