/* What oneDNN says of itself: version, instruction set, threading; and whether we can run with it.
 *
 * Invariant: qb_engine_check starts no thread and settles nothing in the library, so a process that forks later may call it.
 */
#include "engine/dnn.h"

#include "base/err.h"
#include "engine/dnn_make.h"
#include "engine/net.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static bool isa_includes(unsigned bits)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & bits) == bits;
}

bool qb_dnn_has_avx2(void)
{
    return isa_includes(dnnl_cpu_isa_avx2);
}
bool qb_dnn_has_avx512(void)
{
    return isa_includes(dnnl_cpu_isa_avx512_core);
}
bool qb_dnn_has_bf16(void)
{
    return isa_includes(dnnl_cpu_isa_avx512_core_bf16);
}

static const char *runtime_name(unsigned runtime)
{
    switch (runtime) {
    case DNNL_RUNTIME_NONE:
        return "none";
    case DNNL_RUNTIME_SEQ:
        return "SEQ";
    case DNNL_RUNTIME_OMP:
        return "OMP";
    case DNNL_RUNTIME_TBB:
        return "TBB";
    case DNNL_RUNTIME_THREADPOOL:
        return "THREADPOOL";
    case DNNL_RUNTIME_SYCL:
        return "SYCL";
    default:
        return "other";
    }
}

/* The file that a symbol comes from, as every library of the process sees it; "" when there is none. Borrowed. */
static const char *file_of_symbol(const char *name)
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, name);
    return symbol != NULL && dladdr(symbol, &info) != 0 && info.dli_fname != NULL ? info.dli_fname : "";
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Code of gcc starts threads by GOMP_parallel, code of clang and of Intel's compilers by __kmpc_fork_call, and both ask
 * omp_get_thread_num who they are. Where these are not of one library, threads that one library started are unknown to
 * the other: every one of them takes itself for the first. */
static void find_openmp(qb_engine_info *info)
{
    static const char *const starters[] = {"GOMP_parallel", "__kmpc_fork_call"};
    const char *openmp = file_of_symbol("omp_get_thread_num");
    snprintf(info->openmp, sizeof info->openmp, "%s", base_name(openmp));
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++) {
        const char *file = file_of_symbol(starters[i]);
        if (file[0] != '\0' && strcmp(file, openmp) != 0)
            snprintf(info->other_openmp, sizeof info->other_openmp, "%s", base_name(file));
    }
}

static void find_library(qb_engine_info *info)
{
    const dnnl_version_t *v = dnnl_version();
    snprintf(info->onednn, sizeof info->onednn, "%d.%d.%d", v->major, v->minor, v->patch);
    snprintf(info->onednn_hash, sizeof info->onednn_hash, "%s", v->hash);
    snprintf(info->onednn_file, sizeof info->onednn_file, "%s", file_of_symbol("dnnl_version"));
    snprintf(info->runtime, sizeof info->runtime, "%s", runtime_name(v->cpu_runtime));
    find_openmp(info);
}

void qb_engine_get_info(qb_engine_info *ret_info)
{
    qb_engine_info info = {.bf16 = qb_dnn_has_bf16()};
    const qb_isa *isa = qb_isas;
    while (isa->name != NULL && !isa_includes(isa->bits))
        isa++;
    snprintf(info.isa, sizeof info.isa, "%s", isa->name != NULL ? isa->name : "plain x86-64");
    find_library(&info);
    *ret_info = info;
}

int qb_engine_judge(const qb_engine_info *info)
{
    if (strcmp(info->runtime, "OMP") != 0) {
        qb_err_set(QB_E_UNAVAILABLE, "oneDNN %s (%s) is built for the threading runtime %s: expected OMP (OpenMP)",
                   info->onednn, info->onednn_file, info->runtime);
        return qb_err_hint("install one that is: Debian's (apt-get install libdnnl-dev), or onednn-devel-cpu-gomp of the "
                           "Python package index; keep the other one out of LD_LIBRARY_PATH; build qatbench again if it "
                           "was built with it");
    }
    if (info->other_openmp[0] != '\0') {
        qb_err_set(QB_E_UNAVAILABLE,
                   "oneDNN %s (%s) brings a second OpenMP library: %s beside %s; threads of the one are unknown to the other",
                   info->onednn, info->onednn_file, info->other_openmp, info->openmp);
        return qb_err_hint("install one for libgomp: Debian's (apt-get install libdnnl-dev), or onednn-devel-cpu-gomp of the "
                           "Python package index; keep the other one out of LD_LIBRARY_PATH; build qatbench again if it "
                           "was built with it");
    }
    return QB_OK;
}

int qb_engine_check(void)
{
    qb_engine_info info = {.runtime = ""};
    find_library(&info);
    return qb_engine_judge(&info);
}
