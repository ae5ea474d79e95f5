#include "train/checkpoint.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { N_KEPT = 2 };

static int part_path(const char *folder, const qb_checkpoint_part *part, char **ret_path)
{
    *ret_path = qb_sprintf("%s/%s.safetensors", folder, part->name);
    return *ret_path ? QB_OK : QB_E_NOMEM;
}

/* Of a part that need not be there: is it wanted, and in the manifest? */
static bool is_here(const qb_checkpoint_part *part, const qb_checkpoint *c, const char *path, const json_t *manifest)
{
    if (!part->is_wanted)
        return true;
    return part->is_wanted(&c->training) && json_object_get(json_object_get(manifest, "files"), qb_path_base(path));
}

/* ---- saving ---- */

/* SHA-256 of everything in a manifest but its own hash. */
static int manifest_hash(const json_t *manifest, char ret_sha256[65])
{
    json_t *rest = json_copy((json_t *)(uintptr_t)manifest);
    if (rest)
        json_object_del(rest, "sha256");
    char *text = rest ? qb_json_compact(rest) : NULL;
    if (text)
        qb_sha256_of(text, strlen(text), ret_sha256);
    int rc = text ? QB_OK : qb_err_set(QB_E_NOMEM, "out of memory");
    qb_free(text);
    json_decref(rest);
    return rc;
}

/* files: NAME.safetensors -> hash. */
static int write_manifest(const char *folder, const qb_checkpoint *c, json_t *files, int64_t metrics_bytes)
{
    json_t *manifest = qb_json_pack("{s:s, s:s, s:O, s:o, s:I}", "schema", "qatbench.checkpoint/1", "run", c->run_key, "files",
                                    files, "state", qb_checkpoint_numbers_json(c->content, c->training.state), "metrics_bytes",
                                    (json_int_t)metrics_bytes);
    char *path = qb_path_join(folder, "manifest.json"), hash[65];
    int rc = manifest && path ? manifest_hash(manifest, hash) : qb_err_set(QB_E_NOMEM, "out of memory");
    if (rc == 0) {
        json_object_set_new(manifest, "sha256", qb_json_text(hash));
        rc = qb_json_write(path, manifest);
    }
    json_decref(manifest);
    qb_free(path);
    return rc;
}

static void step_name(int64_t step, char name[32]) { snprintf(name, 32, "step-%08lld", (long long)step); }

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Steps that have a folder, ascending; free with qb_free. */
static int list_steps(const char *ckpt, int64_t **ret_steps, size_t *ret_n)
{
    char **names = NULL;
    size_t n = 0, kept = 0;
    *ret_steps = NULL;
    *ret_n = 0;
    if (!qb_fs_is_dir(ckpt))
        return QB_OK;
    QB_TRY(qb_fs_list(ckpt, &names, &n));
    int64_t *steps = qb_alloc(n, sizeof *steps);
    long long step;
    for (size_t i = 0; steps && i < n; i++)
        if (qb_starts_with(names[i], "step-") && strspn(names[i] + 5, "0123456789") == strlen(names[i] + 5)) {
            const char *digits = names[i] + 5 + strspn(names[i] + 5, "0");
            if (qb_parse_int(*digits ? digits : "0", &step))
                steps[kept++] = step;
        }
    qb_fs_free_names(names, n);
    if (!steps)
        return QB_E_NOMEM;
    qsort(steps, kept, sizeof *steps, ascending);
    *ret_steps = steps;
    *ret_n = kept;
    return QB_OK;
}

/* Keeps the step just saved and the N_KEPT - 1 newest before it. Later ones are of a past that turned out unusable. */
static int prune(const char *ckpt, int64_t saved)
{
    int64_t *steps;
    size_t n, kept = 0;
    QB_TRY(list_steps(ckpt, &steps, &n));
    int rc = QB_OK;
    for (size_t i = n; rc == 0 && i-- > 0;) {
        if (steps[i] <= saved && kept++ < N_KEPT)
            continue;
        char name[32];
        step_name(steps[i], name);
        char *old = qb_path_join(ckpt, name);
        rc = old ? qb_fs_remove_tree(old) : QB_E_NOMEM;
        qb_free(old);
    }
    qb_free(steps);
    return rc;
}

static int write_parts(const char *folder, const qb_checkpoint *c, int64_t metrics_bytes)
{
    json_t *files = json_object();
    int rc = qb_fs_make_dirs(folder, 0755);
    for (size_t i = 0; rc == 0 && i < c->content->n_parts; i++) {
        char *path, sha256[65];
        if (c->content->parts[i].is_wanted && !c->content->parts[i].is_wanted(&c->training))
            continue;
        rc = part_path(folder, &c->content->parts[i], &path);
        if (rc == 0)
            rc = c->content->parts[i].save(&c->training, path, sha256);
        if (rc == 0)
            json_object_set_new(files, qb_path_base(path), qb_json_text(sha256));
        qb_free(path);
    }
    if (rc == 0)
        rc = write_manifest(folder, c, files, metrics_bytes);
    json_decref(files);
    return rc;
}

int qb_checkpoint_save(qb_rundir *dir, const qb_checkpoint *c)
{
    char name[32];
    step_name(c->training.state->step, name);
    char *ckpt = qb_rundir_file(dir, "ckpt");
    char *folder = ckpt ? qb_path_join(ckpt, name) : NULL;
    char *fresh = ckpt ? qb_path_join(ckpt, "saving") : NULL;
    char *latest = ckpt ? qb_path_join(ckpt, "latest") : NULL;
    int rc = folder && fresh && latest ? qb_rundir_sync(dir) : QB_E_NOMEM;
    if (rc == 0)
        rc = qb_fs_remove_tree(fresh); /* what a killed process left */
    if (rc == 0) {
        rc = write_parts(fresh, c, dir->metrics_bytes);
        if (rc == 0)
            rc = qb_fs_put_dir(fresh, folder);
        if (rc < 0)
            (void)qb_fs_remove_tree(fresh); /* half a checkpoint helps nobody; the error that is reported is rc's */
    }
    if (rc == 0)
        rc = qb_fs_write_atomic(latest, name, strlen(name));
    if (rc == 0)
        rc = prune(ckpt, c->training.state->step);
    if (rc < 0)
        qb_err_add("while saving a checkpoint");
    qb_free(ckpt);
    qb_free(folder);
    qb_free(fresh);
    qb_free(latest);
    return rc;
}

/* ---- loading ---- */

/* Everything about one checkpoint that can be wrong without this network being wrong. */
static int verify(const char *folder, const qb_checkpoint *c, int64_t metrics_length, json_t **ret_manifest)
{
    char *path = qb_path_join(folder, "manifest.json");
    json_t *m = NULL;
    int rc = path ? qb_json_read(path, &m) : QB_E_NOMEM;
    const char *run = NULL, *schema = NULL, *own = NULL;
    char hash[65];
    long long metrics_bytes;
    if (rc == 0)
        rc = qb_json_get_text(m, "sha256", &own);
    if (rc == 0)
        rc = manifest_hash(m, hash);
    if (rc == 0 && strcmp(own, hash) != 0)
        rc = qb_err_set(QB_E_DATA, "%s: damaged: expected SHA-256 %.12s..., found %.12s...", path, own, hash);
    if (rc == 0)
        rc = qb_json_get_int(m, "metrics_bytes", &metrics_bytes);
    if (rc == 0 && metrics_bytes > metrics_length)
        rc = qb_err_set(QB_E_DATA, "metrics.jsonl has %lld bytes, the checkpoint counts on %lld", (long long)metrics_length,
                        metrics_bytes);
    if (rc == 0)
        rc = qb_json_get_text(m, "schema", &schema);
    if (rc == 0 && strcmp(schema, "qatbench.checkpoint/1") != 0)
        rc = qb_err_set(QB_E_DATA, "%s: expected schema qatbench.checkpoint/1, found '%s'", path, schema);
    if (rc == 0)
        rc = qb_json_get_text(m, "run", &run);
    if (rc == 0 && strcmp(run, c->run_key) != 0)
        rc = qb_err_set(QB_E_DATA, "%s: belongs to run %.12s, not to %.12s", path, run, c->run_key);
    for (size_t i = 0; rc == 0 && i < c->content->n_parts; i++) {
        const char *want = NULL;
        char got[65], *part;
        rc = part_path(folder, &c->content->parts[i], &part);
        bool is_wanted = rc == 0 && is_here(&c->content->parts[i], c, part, m);
        if (is_wanted)
            rc = qb_json_get_text(json_object_get(m, "files"), qb_path_base(part), &want);
        if (rc == 0 && is_wanted)
            rc = qb_sha256_file(part, got);
        if (rc == 0 && is_wanted && strcmp(got, want) != 0)
            rc = qb_err_set(QB_E_DATA, "%s: damaged: expected SHA-256 %.12s..., found %.12s...", part, want, got);
        qb_free(part);
    }
    qb_free(path);
    if (rc < 0) {
        json_decref(m);
        return rc;
    }
    *ret_manifest = m;
    return QB_OK;
}

static int restore(const char *folder, const qb_checkpoint *c, const json_t *manifest, int64_t *ret_metrics_bytes)
{
    long long bytes;
    QB_TRY(qb_json_get_int(manifest, "metrics_bytes", &bytes));
    QB_TRY(qb_checkpoint_numbers_read(c->content, json_object_get(manifest, "state"), c->training.state));
    for (size_t i = 0; i < c->content->n_parts; i++) {
        char *path;
        QB_TRY(part_path(folder, &c->content->parts[i], &path));
        int rc = is_here(&c->content->parts[i], c, path, manifest) ? c->content->parts[i].load(&c->training, path) : QB_OK;
        qb_free(path);
        QB_TRY(rc);
    }
    *ret_metrics_bytes = bytes;
    return QB_OK;
}

/* What a process left that was killed while a folder stood aside: see qb_fs_put_dir. */
static int mend(const char *ckpt)
{
    char **names = NULL;
    size_t n = 0;
    if (!qb_fs_is_dir(ckpt))
        return QB_OK;
    QB_TRY(qb_fs_list(ckpt, &names, &n));
    int rc = QB_OK;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (!qb_ends_with(names[i], QB_FS_ASIDE))
            continue;
        char *aside = qb_path_join(ckpt, names[i]);
        rc = aside ? qb_fs_mend_dir(aside) : QB_E_NOMEM;
        qb_free(aside);
    }
    qb_fs_free_names(names, n);
    return rc;
}

int qb_checkpoint_load(const qb_rundir *dir, const qb_checkpoint *c, int *ret_found, int64_t *ret_metrics_bytes)
{
    *ret_found = 0;
    char *ckpt = qb_rundir_file(dir, "ckpt"), *metrics = qb_rundir_file(dir, "metrics.jsonl");
    int64_t *steps = NULL, metrics_length = 0;
    size_t n = 0;
    int rc = ckpt && metrics ? mend(ckpt) : QB_E_NOMEM;
    if (rc == 0)
        rc = list_steps(ckpt, &steps, &n);
    if (rc == 0 && qb_fs_exists(metrics))
        rc = qb_fs_size(metrics, &metrics_length);
    for (size_t i = n; rc == 0 && !*ret_found && i-- > 0;) {
        json_t *manifest = NULL;
        char name[32];
        step_name(steps[i], name);
        char *folder = qb_path_join(ckpt, name);
        if (!folder) {
            rc = QB_E_NOMEM;
        } else if (verify(folder, c, metrics_length, &manifest) == 0) {
            rc = restore(folder, c, manifest, ret_metrics_bytes);
            *ret_found = rc == 0;
        } else {
            qb_log_warning("checkpoint %s is not usable (%s): %s", name, qb_err_text(),
                           i > 0 ? "using the one before it" : "there is none before it");
            qb_err_clear();
        }
        json_decref(manifest);
        qb_free(folder);
    }
    if (rc == 0 && n > 0 && !*ret_found)
        *ret_found = -1;
    qb_free(steps);
    qb_free(ckpt);
    qb_free(metrics);
    return rc;
}
