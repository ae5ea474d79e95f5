/* Folders of runs as `rm`, `gc` and `diff` see them: found, named by a reference, and taken away.
 *
 * Invariant: a run folder is a real folder (no link) called sSEED-KEY12 whose record.json or config.json has that very key. What
 * is none is never touched, nor is what lies behind a link.
 */
#ifndef QB_RUN_FOLDERS_H
#define QB_RUN_FOLDERS_H

#include "base/json.h"
#include "study/plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct qb_run_folder {
    char *path;    /* below the folder that was searched */
    json_t *line;  /* as of runs.jsonl (train/record.h); without a record key, config and seed alone, status "interrupted". NULL:
                      left over by a removal that was killed */
    int64_t bytes; /* of all its files */
    bool is_used;  /* a process holds its lock */
} qb_run_folder;

typedef struct qb_run_folders {
    qb_run_folder *items; /* by path */
    size_t n;
} qb_run_folders;

/* Run folders at or below `dir`, at most five levels deep, added to *all. Links are not followed. QB_E_IO, QB_E_NOINPUT. */
int qb_run_folders_find(const char *dir, qb_run_folders *all);
void qb_run_folders_finish(qb_run_folders *all);
void qb_run_folder_finish(qb_run_folder *f); /* of one that leaves the list */

/* Their lines in an array: they may know a solver whose plugin is not here (qb_study_plan_places). New reference; NULL: out of
 * memory. */
json_t *qb_run_folders_lines(const qb_run_folders *all);

/* What a reference names, added to *all: the key of a run in runs_dir or its beginning (as ls prints it; at least 4 digits), or a
 * folder with runs in it. QB_E_NOINPUT: nothing there; QB_E_USAGE: several runs, or a file. */
int qb_run_folders_refer(const char *reference, const char *runs_dir, qb_run_folders *all);

/* Does the run belong to the plan: are its values and seed those of a cell? Data and place do not matter. identities: of
 * qb_run_folders_identities. */
bool qb_run_folder_is_of(const qb_run_folder *f, const qb_study_plan *plan, const json_t *identities);

/* An object whose members are the identities of the plan's cells as text. New reference; NULL: out of memory. */
json_t *qb_run_folders_identities(const qb_study_plan *plan);

/* Removes a run (qb_rundir_remove), and folders between it and runs_dir that are empty then. */
int qb_run_folder_remove(const qb_run_folder *f, const char *runs_dir);

#endif
