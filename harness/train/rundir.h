/* The folder of a run: its lock, its logs, where its files are. */
#ifndef QB_RUNDIR_H
#define QB_RUNDIR_H

#include "base/json.h"

#include <stdint.h>

enum { QB_RUNS_DEPTH = 5 }; /* runs/experiment/model-data/solver/seed: how deep runs are looked for */

typedef struct qb_rundir {
    char *path; /* absolute */
    int lock_fd, metrics_fd, times_fd, diagnostics_fd, log_fd; /* -1: not open */
    int64_t metrics_bytes;                     /* length of metrics.jsonl as written so far */
    int write_failed;                          /* first QB_E_* of a failed append */
} qb_rundir;

/* Makes the folder, takes its lock and opens log.txt (so that every message from then on is in it). QB_E_INUSE: says which process holds it. QB_E_IO: cannot be written. */
int qb_rundir_open(qb_rundir *d, const char *path);
void qb_rundir_close(qb_rundir *d);

/* Removes the folder and all in it, under its lock. First it is renamed to PATH QB_RUNDIR_REMOVED: a process that is killed on
 * the way leaves the run as it was, or a folder of that name, which is no run. QB_E_INUSE: a process works in it; QB_E_IO: it
 * cannot be renamed, and is what it was, or what is left of it has that name. Gone already is fine. */
#define QB_RUNDIR_REMOVED ".removed"
int qb_rundir_remove(const char *path);

/* true while a process holds the lock of the run in `path`. */
int qb_rundir_is_locked(const char *path);

/* Opens the other logs for appending; metrics.jsonl is first cut to keep_bytes (0: begun anew with its header line). */
int qb_rundir_open_logs(qb_rundir *d, const char *run_key, int64_t keep_bytes);

/* Opens diagnostics.jsonl for appending, with what is there of steps up to `step`; the rest, and a torn line, is cut off. */
int qb_rundir_open_diagnostics(qb_rundir *d, const char *run_key, int64_t step);

/* One line each; takes the reference. Errors stick in write_failed and are returned. */
int qb_rundir_metric(qb_rundir *d, json_t *line);
int qb_rundir_time(qb_rundir *d, json_t *line);
int qb_rundir_diagnostic(qb_rundir *d, json_t *line);

/* The logs' bytes are on disk and the folder is still the one that was opened. QB_E_IO: it vanished, or was replaced. */
int qb_rundir_sync(qb_rundir *d);

/* PATH/name. Caller frees. */
char *qb_rundir_file(const qb_rundir *d, const char *name);

#endif
