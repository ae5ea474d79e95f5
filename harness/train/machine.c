#include "train/machine.h"

#include "base/build.h"
#include "base/str.h"
#include "engine/net.h"
#include "train/cores.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

extern char **environ;

void qb_machine_cpu(char *out, size_t n)
{
    snprintf(out, n, "unknown");
    FILE *f = fopen("/proc/cpuinfo", "re");
    if (!f)
        return;
    char line[512];
    while (fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (qb_starts_with(line, "model name") && colon) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(out, n, "%s", colon + 2);
            break;
        }
    }
    (void)fclose(f); /* read only: nothing can be lost */
}

json_t *qb_machine_facts(void)
{
    char cpu[256];
    qb_machine_cpu(cpu, sizeof cpu);
    struct sysinfo memory = {0};
    (void)sysinfo(&memory); /* zero RAM in the record says that it is not known */
    qb_engine_info e;
    qb_engine_get_info(&e);
    return qb_json_pack("{s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:b}", "cpu", cpu, "cores", qb_cores_allowed(), "ram_bytes",
                        (json_int_t)memory.totalram * (json_int_t)memory.mem_unit, "isa", e.isa, "onednn", e.onednn,
                        "onednn_hash", e.onednn_hash, "runtime", e.runtime, "bf16", (int)e.bf16);
}

json_t *qb_build_facts(void)
{
    return qb_json_pack("{s:s, s:s, s:s, s:s}", "version", qb_build_version(), "git", qb_build_git(), "compiler",
                        qb_build_compiler(), "flags", qb_build_flags());
}

json_t *qb_machine_environment(void)
{
    static const char *const allowed[] = {"OMP_", "KMP_", "GOMP_", "DNNL_", "ONEDNN_", "SLURM_JOB_ID=", "SLURM_ARRAY_"};
    json_t *o = json_object();
    for (char **e = environ; o && e && *e; e++)
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
            const char *equals = strchr(*e, '=');
            if (!equals || !qb_starts_with(*e, allowed[i]))
                continue;
            char name[128];
            snprintf(name, sizeof name, "%.*s", (int)(equals - *e), *e);
            json_object_set_new(o, name, qb_json_text(equals + 1));
        }
    return o;
}
