/* conform_main FILE.so: the contract tests of one plugin, one line a rule. Exit 0: none failed, 1: some failed,
 * 69: the plugin was refused. */
#include "base/err.h"
#include "quant/conform.h"

#include <stdio.h>
#include <stdlib.h>

static void print_rule(void *context, const char *rule, qb_verdict verdict, const char *detail)
{
    int *kept = context;
    static const char *const words[] = {"", "ok  ", "FAIL", "-   "};
    *kept += verdict == QB_PASS;
    printf("%s %s%s%s\n", words[verdict], rule, detail[0] ? ": " : "", detail);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: conform_main FILE.so\n");
        return 2;
    }
    const qb_plugin *plugin;
    int kept = 0, failed;
    double ms;
    if (qb_plugin_load(argv[1], NULL, &plugin) < 0 || qb_conform_run(plugin, print_rule, &kept, &failed, &ms) < 0) {
        fprintf(stderr, "conform_main: %s\n", qb_err_text());
        return qb_err_exit_status(qb_err_code());
    }
    if (ms >= 0.0)
        printf("project: %.2f ms per million weights\n", ms);
    printf("%s: %d rules kept, %d broken\n", plugin->solver.name, kept, failed);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
