/* Loading of solver plugins: read and checked as a file, tried in a child process, checked as a struct, then kept.
 *
 * Invariant: code of a plugin's file (its constructors) runs only after the file, its symbol and its versions have
 * been found good, and here only after it came back in the child; a plugin in `loaded` is complete and stays until the
 * process ends, because its strings and functions are borrowed everywhere. One thread loads; the loaded are read by all.
 */
#include "quant/plugin.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin_check.h"
#include "quant/plugin_file.h"
#include "quant/plugin_search.h"
#include "quant/plugin_visit.h"
#include "quant/trial.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static qb_plugin *loaded; /* the last one, each with the one before */

static const qb_plugin *find_loaded(const char *path)
{
    const qb_plugin *p = loaded;
    while (p && strcmp(p->path, path) != 0)
        p = p->before;
    return p;
}

/* Fills p->solver and p->options from the library; nothing is allocated on failure. */
static int describe(void *library, const char *stem, const qb_plugin_head *head, qb_plugin *p)
{
    const void *symbol = dlsym(library, "qb_solver_v1");
    if (!symbol)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: cannot be loaded: %s", p->path, dlerror());
    memcpy(&p->solver, symbol, head->size < sizeof p->solver ? head->size : sizeof p->solver);
    const qb_solver *s = &p->solver;
    if (s->size != head->size || s->option_size != head->option_size || s->abi_major != head->abi_major ||
        s->abi_minor != head->abi_minor || s->caps != head->caps || s->traits != head->traits)
        return qb_err_set(QB_E_UNAVAILABLE, "%s: qb_solver_v1: expected a constant, got one that its own code changes",
                          p->path);
    QB_TRY(qb_plugin_check_solver(s, stem, p->path));
    return qb_plugin_check_options(s, p->path, &p->options);
}

static void destroy_plugin(qb_plugin *p)
{
    if (!p)
        return;
    qb_free(p->options);
    qb_free(p->path);
    qb_free(p);
}

/* Loads the file's bytes and fills `p`; nothing of it stays on failure. */
static int load_library(const qb_plugin_file *file, const char *stem, qb_plugin *p)
{
    void *library;
    char what[320];
    QB_TRY(qb_plugin_file_load(file, p->path, &library, what, sizeof what));
    int rc = describe(library, stem, &file->head, p);
    if (rc < 0)
        qb_plugin_file_unload(library);
    else if (what[0])
        qb_conduct_add(&p->solver, "loading it", what);
    return rc;
}

/* Does the plugin come back from its constructors, and is what it says readable? A refusal is left to the load itself. */
static int try_in_child(const qb_plugin_file *file, const char *stem, const qb_plugin *p)
{
    int *came_back = mmap(NULL, sizeof *came_back, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (came_back == MAP_FAILED)
        return qb_err_set(QB_E_NOMEM, "out of memory");
    pid_t child;
    int rc = qb_trial_start(&child);
    if (rc == 0 && child == 0) {
        qb_plugin copy = *p;
        int null = open("/dev/null", O_RDWR);
        (void)dup2(null, STDOUT_FILENO); /* what its constructors print is heard from the load */
        (void)dup2(null, STDERR_FILENO);
        (void)load_library(file, stem, &copy);
        *came_back = 1;
        _exit(0);
    }
    bool late = false, is_good = false;
    int status = rc == 0 ? qb_trial_wait(child, &late) : 0;
    is_good = *came_back != 0;
    (void)munmap(came_back, sizeof *came_back);
    if (rc < 0 || is_good)
        return rc;
    char death[128];
    qb_trial_describe(status, late, death, sizeof death);
    return qb_err_set(QB_E_UNAVAILABLE, "%s: loading it %s", p->path, death);
}

/* Takes `path` (absolute). */
static int load_file(char *path, const char *stem, const qb_plugin **ret_plugin)
{
    qb_plugin *p = qb_alloc(1, sizeof *p);
    if (!p) {
        qb_free(path);
        return QB_E_NOMEM;
    }
    p->path = path;
    qb_plugin_file file = {0};
    int rc = qb_plugin_file_read(path, &file);
    if (rc == 0) {
        memcpy(p->sha256, file.sha256, sizeof p->sha256);
        p->may_use_openmp = file.may_use_openmp;
        rc = qb_plugin_is_shipped(path, &p->shipped);
    }
    if (rc == 0 && !p->shipped) /* ours are tested */
        rc = try_in_child(&file, stem, p);
    if (rc == 0)
        rc = load_library(&file, stem, p);
    qb_plugin_file_finish(&file);
    if (rc < 0) {
        destroy_plugin(p);
        return rc;
    }
    p->before = loaded;
    loaded = p;
    *ret_plugin = p;
    return 0;
}

int qb_plugin_load(const char *name, const char *solver_path, const qb_plugin **ret_plugin)
{
    char *path = NULL, *stem = NULL;
    bool is_path = strchr(name, '/') || qb_ends_with(name, ".so");
    if (!is_path)
        QB_TRY(qb_plugin_find(name, solver_path, &path));
    const char *base = qb_path_base(path ? path : name);
    stem = qb_strndup(base, strlen(base) - (qb_ends_with(base, ".so") ? 3 : 0));
    char *absolute = qb_path_absolute(path ? path : name);
    qb_free(path);

    int rc = QB_E_NOMEM;
    if (stem && absolute) {
        const qb_plugin *known = find_loaded(absolute);
        if (!known) {
            rc = load_file(absolute, stem, ret_plugin);
            absolute = NULL;
        } else if ((rc = qb_plugin_check_solver(&known->solver, stem, absolute)) == 0) { /* a link of another name? */
            *ret_plugin = known;
        }
    }
    qb_free(absolute);
    qb_free(stem);
    return rc;
}

/* ---- all that are found ---- */

static int load_entry(const qb_plugin_name *found, qb_plugin_entry *e)
{
    *e = (qb_plugin_entry){.name = qb_strdup(found->name), .path = qb_strdup(found->path)};
    if (!e->name || !e->path)
        return QB_E_NOMEM;
    int rc = qb_plugin_load(found->path, NULL, &e->plugin);
    if (rc < 0)
        e->error = qb_strdup(qb_err_text());
    return rc == QB_E_NOMEM || (rc < 0 && !e->error) ? QB_E_NOMEM : QB_OK;
}

int qb_plugin_list(const char *solver_path, qb_plugin_entry **ret_entries, size_t *ret_n)
{
    qb_plugin_name *found;
    size_t n;
    QB_TRY(qb_plugin_names(solver_path, &found, &n));
    qb_plugin_entry *entries = qb_alloc(n, sizeof *entries);
    int rc = entries ? QB_OK : QB_E_NOMEM;
    for (size_t i = 0; i < n && rc == QB_OK; i++)
        rc = load_entry(&found[i], &entries[i]);
    qb_plugin_names_free(found, n);
    if (rc < 0) {
        qb_plugin_list_free(entries, entries ? n : 0);
        return rc;
    }
    qb_err_clear(); /* why one of them was refused stands in the list */
    *ret_entries = entries;
    *ret_n = n;
    return QB_OK;
}

void qb_plugin_list_free(qb_plugin_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        qb_free(entries[i].name);
        qb_free(entries[i].path);
        qb_free(entries[i].error);
    }
    qb_free(entries);
}

/* ---- options ---- */

int qb_plugin_settings(const qb_plugin *p, const qb_spec *spec, qb_settings *ret_settings)
{
    qb_settings s;
    QB_TRY(qb_settings_init(&s, p->options, p->solver.n_options));
    int rc = qb_spec_apply(spec, &s);
    if (rc < 0) {
        qb_settings_finish(&s);
        return rc;
    }
    *ret_settings = s;
    return 0;
}

static int64_t choice_index(const qb_option *o, const char *text)
{
    int64_t i = 0;
    while (o->choices[i] && strcmp(o->choices[i], text) != 0)
        i++;
    QB_ASSERT(o->choices[i]);
    return i;
}

qb_option_value *qb_plugin_values(const qb_plugin *p, const qb_settings *settings)
{
    QB_ASSERT(settings->n == p->solver.n_options);
    qb_option_value *values = qb_alloc(settings->n, sizeof *values);
    if (!values)
        return NULL;
    for (size_t i = 0; i < settings->n; i++) {
        const qb_value *v = &settings->values[i];
        qb_option_value *to = &values[i];
        switch (p->options[i].kind) {
        case QB_KIND_BOOL: to->integer = v->b; break;
        case QB_KIND_INT: to->integer = v->i; break;
        case QB_KIND_REAL: to->real = v->r; break;
        case QB_KIND_CHOICE:
            to->integer = choice_index(&p->options[i], v->text);
            to->text = v->text;
            break;
        case QB_KIND_REALS:
            to->list = v->reals;
            to->n_list = v->n_reals;
            break;
        default: QB_ASSERT(!"a kind that qb_plugin_check_options makes");
        }
    }
    return values;
}
