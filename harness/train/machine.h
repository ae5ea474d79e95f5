/* Facts about the machine and the build that a record keeps and that are compared when a run is resumed. */
#ifndef QB_MACHINE_H
#define QB_MACHINE_H

#include "base/json.h"

/* {cpu, cores (of the affinity mask), ram_bytes, isa, onednn, onednn_hash, runtime, bf16}; no host name, user or path. New reference. */
json_t *qb_machine_facts(void);

/* "cpu" of these facts alone, which asks oneDNN for nothing; cut to n bytes. */
void qb_machine_cpu(char *out, size_t n);

/* {version, git, compiler, flags}: base/build.h. New reference. */
json_t *qb_build_facts(void);

/* Environment variables from the allow-list (OMP_, KMP_, DNNL_, ONEDNN_, SLURM ids) that are set. New reference. */
json_t *qb_machine_environment(void);

#endif
