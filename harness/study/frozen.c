/* Copies of plans. See frozen.h. */
#include "study/frozen.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NAME "plan.frozen"
enum { MAX_BYTES = 1 << 21 };

int qb_frozen_path(const char *plan, const qb_study_plan_places *places, char **ret_path)
{
    char *dir;
    QB_TRY(qb_study_plan_records(plan, places, &dir));
    *ret_path = qb_path_join(dir, NAME ".yaml");
    qb_free(dir);
    return *ret_path ? QB_OK : QB_E_NOMEM;
}

/* *ret_text NULL: there is none. */
static int read_copy(const char *copy, char **ret_text, size_t *ret_n)
{
    *ret_text = NULL;
    *ret_n = 0;
    return qb_fs_exists(copy) ? qb_fs_read(copy, MAX_BYTES, ret_text, ret_n) : QB_OK;
}

static bool is_same(const char *text, size_t n, const qb_study_plan *plan)
{
    return n == plan->n_text && memcmp(text, plan->text, n) == 0;
}

int qb_frozen_differs(const char *file, const qb_study_plan *plan, bool *ret_differs)
{
    char *text;
    size_t n;
    QB_TRY(read_copy(file, &text, &n));
    *ret_differs = text && !is_same(text, n, plan);
    qb_free(text);
    return QB_OK;
}

/* Whole or not at all, under a name of this process's own first: starts of one study at one time do not meet. */
static int write_copy(const char *path, const char *text, size_t n)
{
    char *own = qb_sprintf("%s.%ld", path, (long)getpid());
    int rc = own ? qb_fs_write_atomic(own, text, n) : QB_E_NOMEM;
    if (rc == QB_OK && rename(own, path) != 0) {
        (void)qb_err_set_errno("cannot rename '%s'", own);
        rc = qb_err_set_code(QB_E_IO);
        (void)unlink(own); /* the first error is the one to report */
    }
    qb_free(own);
    return rc;
}

/* plan.frozen-HASH12.yaml beside the copy. */
static int keep_former(const char *copy, const char *text, size_t n, char **ret_former)
{
    char hash[QB_SHA256_HEX], *dir = qb_path_dir(copy);
    qb_sha256_of(text, n, hash);
    char *name = qb_sprintf(NAME "-%.12s.yaml", hash), *path = dir && name ? qb_path_join(dir, name) : NULL;
    int rc = path ? write_copy(path, text, n) : QB_E_NOMEM;
    qb_free(dir);
    qb_free(name);
    if (rc < 0)
        qb_free(path);
    else
        *ret_former = path;
    return rc;
}

int qb_frozen_keep(const char *copy, const qb_study_plan *plan, char **ret_former)
{
    char *text, *former = NULL, *dir = qb_path_dir(copy);
    size_t n;
    int rc = dir ? qb_fs_make_dirs(dir, 0755) : QB_E_NOMEM;
    qb_free(dir);
    QB_TRY(rc);
    QB_TRY(read_copy(copy, &text, &n));
    bool same = text && is_same(text, n, plan);
    if (text && !same)
        rc = keep_former(copy, text, n, &former);
    qb_free(text);
    if (rc == QB_OK && !same)
        rc = write_copy(copy, plan->text, plan->n_text);
    if (rc < 0)
        qb_free(former);
    else
        *ret_former = former;
    return rc;
}
