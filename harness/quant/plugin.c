/* Loading of solver plugins: read and checked as a file, then as a struct, then kept.
 *
 * Invariant: code of a plugin's file (its constructors) runs only after the file, its symbol and its versions have
 * been found good; a plugin in `loaded` is complete and stays until the process ends, because its strings and
 * functions are borrowed everywhere. One thread loads; the loaded are read by all.
 */
#include "quant/plugin.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "quant/plugin_check.h"
#include "quant/plugin_search.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILE_BYTES = 256 << 20 };

static qb_plugin **loaded;
static size_t n_loaded;

static int remember(qb_plugin *p)
{
    qb_plugin **more = qb_realloc(loaded, n_loaded + 1, sizeof *more);
    if (!more)
        return QB_E_NOMEM;
    loaded = more;
    loaded[n_loaded++] = p;
    return 0;
}

static const qb_plugin *find_loaded(const char *path)
{
    for (size_t i = 0; i < n_loaded; i++)
        if (strcmp(loaded[i]->path, path) == 0)
            return loaded[i];
    return NULL;
}

/* Everything that can be known without running code of the file. */
static int check_file(const char *path, qb_plugin_head *ret_head, char *ret_sha256)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return qb_err_set_errno("cannot open plugin '%s'", path);
    if (!S_ISREG(st.st_mode))
        return qb_err_set(QB_E_UNAVAILABLE, "%s: expected a shared object (ELF), got %s", path,
                          S_ISDIR(st.st_mode) ? "a folder" : "a special file");
    char *bytes;
    size_t n;
    QB_TRY(qb_fs_read(path, MAX_FILE_BYTES, &bytes, &n));
    int rc = qb_plugin_elf_read(bytes, n, path, ret_head);
    if (rc == 0)
        rc = qb_plugin_check_head(ret_head, path);
    if (rc == 0)
        qb_sha256_of(bytes, n, ret_sha256);
    qb_free(bytes);
    return rc;
}

/* dlerror() begins with the path, which our message has already. */
static int refuse_dl(const char *path, const char *why)
{
    size_t n = strlen(path);
    if (why && strncmp(why, path, n) == 0 && why[n] == ':')
        why += n + 1 + (why[n + 1] == ' ');
    return qb_err_set(QB_E_UNAVAILABLE, "%s: cannot be loaded: %s", path, why ? why : "unknown reason");
}

/* Fills p->solver and p->options from the library; nothing is allocated on failure. */
static int describe(void *library, const char *stem, const qb_plugin_head *head, qb_plugin *p)
{
    const void *symbol = dlsym(library, "qb_solver_v1");
    if (!symbol)
        return refuse_dl(p->path, dlerror());
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

/* Takes `path` (absolute). */
static int load_file(char *path, const char *stem, const qb_plugin **ret_plugin)
{
    void *library = NULL;
    int rc;
    qb_plugin *p = qb_alloc(1, sizeof *p);
    if (!p) {
        qb_free(path);
        return QB_E_NOMEM;
    }
    p->path = path;
    qb_plugin_head head;
    if ((rc = check_file(path, &head, p->sha256)) < 0 || (rc = qb_plugin_is_shipped(path, &p->shipped)) < 0)
        goto out;
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        rc = refuse_dl(path, dlerror());
        goto out;
    }
    if ((rc = describe(library, stem, &head, p)) < 0 || (rc = remember(p)) < 0)
        goto out;
    *ret_plugin = p;
    return 0;
out:
    if (library)
        (void)dlclose(library); /* refused: none of its hooks ran, nothing refers to it */
    destroy_plugin(p);
    return rc;
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

static bool accepts_some(const qb_plugin *p, const qb_option_value *values)
{
    static const char *const granularities[] = {"tensor", "row", "block"};
    char why[256];
    for (int bits = 0; bits <= 8; bits++)
        for (size_t g = 0; g < sizeof granularities / sizeof *granularities; g++)
            if (p->solver.supports(values, bits, granularities[g], why, sizeof why) == 0)
                return true;
    return false;
}

/* A refusal everywhere that the default options do not meet is theirs, not the bits'. */
static int ask_if_contradictory(const qb_plugin *p, const qb_settings *settings, bool *ret_contradictory)
{
    qb_settings defaults;
    QB_TRY(qb_settings_init(&defaults, p->options, p->solver.n_options));
    qb_option_value *given = qb_plugin_values(p, settings), *usual = qb_plugin_values(p, &defaults);
    bool known = given && usual;
    *ret_contradictory = known && !accepts_some(p, given) && accepts_some(p, usual);
    qb_free(given);
    qb_free(usual);
    qb_settings_finish(&defaults);
    return known ? QB_OK : QB_E_NOMEM;
}

static int refuse_options(const qb_plugin *p, const qb_settings *settings, const char *why)
{
    char *spec = qb_spec_canonical(p->solver.name, settings);
    if (!spec)
        return QB_E_NOMEM;
    (void)qb_err_set(QB_E_CONFIG, "%s: these options do not go together: %s", spec, why);
    qb_free(spec);
    return qb_err_hint("it is so at every bit width: change one of them, or leave it at its default; "
                       "`qatbench info %s` lists them", p->solver.name);
}

int qb_plugin_supports(const qb_plugin *p, const qb_settings *settings, int bits, const char *granularity)
{
    if (!p->solver.supports)
        return 0;
    qb_option_value *values = qb_plugin_values(p, settings);
    if (!values)
        return QB_E_NOMEM;
    char why[256] = "";
    int refused = p->solver.supports(values, bits, granularity, why, sizeof why);
    qb_free(values);
    if (!refused)
        return 0;
    why[sizeof why - 1] = '\0';
    if (!why[0])
        (void)snprintf(why, sizeof why, "it gives no reason");
    bool contradictory;
    QB_TRY(ask_if_contradictory(p, settings, &contradictory));
    if (contradictory)
        return refuse_options(p, settings, why);
    char bits_text[24] = "ternary weights";
    if (bits > 0)
        (void)snprintf(bits_text, sizeof bits_text, "%d bit%s", bits, bits == 1 ? "" : "s");
    return qb_err_set(QB_E_USAGE, "solver '%s' does not support %s per %s: %s", p->solver.name, bits_text, granularity, why);
}
