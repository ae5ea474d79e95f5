/* Where a study comes from: plans, folders of runs and runs.jsonl files. See cells.h. */
#include "study/cells.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/record.h"

#include <string.h>

static int no_memory(void)
{
    return qb_err_set(QB_E_NOMEM, "out of memory while reading runs");
}

static int append_records(json_t *lines, const char *path)
{
    json_t *more = NULL;
    QB_TRY(qb_records_collect(path, &more));
    int rc = json_array_extend(lines, more) == 0 ? QB_OK : no_memory();
    json_decref(more);
    return rc;
}

/* A folder of a study: PATH/runs.jsonl and PATH/plan.yaml. NULL where there is none. */
static char *beside(const char *dir, const char *name)
{
    char *path = qb_fs_is_dir(dir) ? qb_path_join(dir, name) : NULL;
    if (path && !qb_fs_exists(path)) {
        qb_free(path);
        path = NULL;
    }
    return path;
}

typedef struct sources {
    qb_study_plan *plan;
    json_t *lines;
    char *folder; /* of the first argument that holds records */
    bool any_records;
} sources;

static int take_plan(sources *from, const char *path, const qb_study_plan_places *places)
{
    if (from->plan) {
        (void)qb_err_set(QB_E_USAGE, "expected one plan, got '%s' and '%s'", from->plan->path, path);
        return qb_err_hint("give their run folders instead to see several plans in one table");
    }
    qb_study_plan_places known = *places;
    known.lines = from->lines;
    return qb_study_plan_read(path, &known, &from->plan);
}

static int take_records(sources *from, const char *path, const qb_study_plan_places *places, bool plan_is_given)
{
    char *jsonl = beside(path, "runs.jsonl"), *plan = jsonl ? beside(path, "plan.yaml") : NULL;
    int rc = append_records(from->lines, jsonl ? jsonl : path);
    if (rc == QB_OK && plan && !from->plan && !plan_is_given)
        rc = take_plan(from, plan, places);
    if (rc == QB_OK && !from->any_records) {
        from->folder = qb_fs_is_dir(path) ? qb_strdup(path) : qb_path_dir(path);
        rc = from->folder ? QB_OK : QB_E_NOMEM;
    }
    from->any_records = true;
    qb_free(jsonl);
    qb_free(plan);
    return rc;
}

static const char *plan_among(char *const *args, int n_args)
{
    for (int i = 0; i < n_args; i++) {
        if (qb_study_plan_is_name(args[i]))
            return args[i];
    }
    return NULL;
}

/* The records of a plan that stands alone: where it runs. */
static int take_own_records(sources *from, const char *plan, const qb_study_plan_places *places)
{
    char *dir;
    QB_TRY(qb_study_plan_records(plan, places, &dir));
    int rc = qb_fs_is_dir(dir) ? append_records(from->lines, dir) : QB_OK;
    qb_free(dir);
    return rc;
}

/* Records first: they may know a solver of the plan whose plugin is not here. */
static int take_all(sources *from, char *const *args, int n_args, const qb_study_plan_places *places)
{
    const char *plan = plan_among(args, n_args);
    for (int i = 0; i < n_args; i++) {
        if (!qb_study_plan_is_name(args[i]))
            QB_TRY(take_records(from, args[i], places, plan != NULL));
    }
    if (plan && !from->any_records)
        QB_TRY(take_own_records(from, plan, places));
    for (int i = 0; i < n_args; i++) {
        if (qb_study_plan_is_name(args[i]))
            QB_TRY(take_plan(from, args[i], places));
    }
    if (from->plan && !from->folder && !(from->folder = qb_strdup(from->plan->records)))
        return QB_E_NOMEM;
    return QB_OK;
}

/* Without a plan the records' experiment names the study. */
static char *title_of(const sources *from)
{
    if (from->plan)
        return qb_strdup(from->plan->title);
    const char *first = json_string_value(json_object_get(json_array_get(from->lines, 0), "experiment"));
    for (size_t i = 0; first && i < json_array_size(from->lines); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(from->lines, i), "experiment"));
        if (!name || strcmp(name, first) != 0)
            first = NULL;
    }
    return qb_strdup(first ? first : "runs");
}

int qb_study_load(char *const *args, int n_args, const qb_study_plan_places *places, qb_study **ret_study)
{
    sources from = {.lines = json_array()};
    int rc = from.lines ? take_all(&from, args, n_args, places) : no_memory();
    if (rc == QB_OK && !from.plan && json_array_size(from.lines) == 0) {
        rc = qb_err_set(QB_E_NOINPUT, "%s: no runs found", n_args > 0 ? args[0] : "runs");
        (void)qb_err_hint("expected a plan (.yaml), a folder of runs or a runs.jsonl");
    }
    if (rc == QB_OK && !from.plan && places->scale > 0) {
        rc = qb_err_set(QB_E_USAGE, "scale: expected a plan to scale, got records alone");
        (void)qb_err_hint("name the plan (.yaml) too; records say themselves what plan and scale they are of");
    }
    char *title = rc == QB_OK ? title_of(&from) : NULL;
    if (rc == QB_OK && !title)
        rc = QB_E_NOMEM;
    if (rc == QB_OK) {
        rc = qb_study_create(from.plan, from.lines, title, from.folder, ret_study);
    } else {
        qb_study_plan_destroy(from.plan);
        json_decref(from.lines);
    }
    qb_free(title);
    qb_free(from.folder);
    return rc;
}
