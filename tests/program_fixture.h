/* The program as a user starts it: a folder of its own, none of the user's settings, shell commands and what they wrote. */
#ifndef PROGRAM_FIXTURE_H
#define PROGRAM_FIXTURE_H

#include "qb_test.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64];
static char *program;

static inline void program_setup(void)
{
    strcpy(folder, "/tmp/qb_program_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    char *dir = qb_program_dir();
    program = qb_sprintf("%s/../qatbench", dir);
    qb_free(dir);
    static const char *const places[] = {"HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        setenv(places[i], folder, 1);
    unsetenv("QATBENCH_DATA");
    unsetenv("QATBENCH_RUNS");
}

static inline void program_teardown(void)
{
    ck_assert_int_eq(qb_fs_remove_tree(folder), 0);
    qb_free(program);
}

/* A file of the folder. The caller frees it. */
static inline char *read_back(const char *name)
{
    char *path = qb_path_join(folder, name), *text;
    ck_assert_int_eq(qb_fs_read(path, 1 << 24, &text, &(size_t){0}), 0);
    qb_free(path);
    return text;
}

typedef struct outcome {
    int status;      /* exit status, 128 + n for a signal */
    char *out, *err; /* what it wrote; also in the files "out" and "err" of the folder */
} outcome;

/* Runs shell commands in the folder; $q is the program, $d the folder and $r the folder in which the tests run. */
static inline outcome shell(const char *commands)
{
    char *line = qb_sprintf("d='%s'; q='%s'; r=$PWD; cd \"$d\"; { %s; } >\"$d\"/out 2>\"$d\"/err </dev/null", folder, program, commands);
    int status = system(line);
    qb_free(line);
    ck_assert(WIFEXITED(status));
    return (outcome){WEXITSTATUS(status), read_back("out"), read_back("err")};
}

static inline void forget(outcome *o)
{
    qb_free(o->out);
    qb_free(o->err);
}

#endif
