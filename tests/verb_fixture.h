/* Whole command lines within a test: what a verb prints and returns. After image_fixture.h. */
#ifndef QB_VERB_FIXTURE_H
#define QB_VERB_FIXTURE_H

#include "cli/parse.h"

enum { MAX_WORDS = 32 };

/* Runs "qatbench WORDS..." (NULL at the end) with standard output in root/out; *ret_out: what it printed, NULL: nobody asks. */
static inline int run_line(const char *const *words, char **ret_out, size_t *ret_n)
{
    qb_command_line line;
    char *argv[MAX_WORDS + 2] = {(char *)"qatbench"};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        ck_assert_int_lt(argc, MAX_WORDS);
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    }
    ck_assert_ptr_nonnull(freopen(at("out"), "w", stdout));
    qb_cli_start_streams(); /* results go to what standard output is now */
    int rc = qb_command_line_parse(argc, argv, &line);
    if (rc == 0) {
        rc = line.cli.verb->run(&line.cli);
        qb_command_line_finish(&line);
    }
    if (ret_out)
        ck_assert_int_eq(qb_fs_read(at("out"), 1 << 26, ret_out, ret_n), 0);
    return rc;
}

#define LINE(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
