/* What a run leaves behind for people and for tables: config.json, record.json, metrics.jsonl, times.jsonl, log.txt.
 *
 * record.json (schema "qatbench.record/1"), rewritten atomically; the members that tables and plots rely on:
 *   key, experiment, command     text; command: the arguments that make the run again
 *   config                       qb_config.identity: KEY -> text, number, bool or null
 *   seed                         number
 *   status                       running | done | diverged | failed | interrupted | skipped | mistrusted
 *   reason                       text or null
 *   result                       null until the first evaluation, else
 *     epochs steps train_loss test_loss test_top1 test_top5 best_top1 mean5_top1 weights_sha256 max_levels
 *     images_per_second model_bytes
 *     curve                      list, one an evaluated epoch: {epoch, lr, train_loss, train_top1, test_loss,
 *                                test_top1, test_top1_soft}
 *   data                         {name, label, fingerprint, n_train, n_test, warning}, and bad_images {train, test}, lists of
 *                                numbers, where images could not be read and the run went on
 *   machine, build, solver, times, notes, mixed (what changed between starts)
 *   scale                        only of a run of a scaled plan: by how much its lengths are shorter (study/scale.h)
 *
 * A line of runs.jsonl (`qatbench ls --json`) is {key, experiment, config, seed, status, reason, data, result, machine,
 * build, solver, command, notes} of the record (null where it has none), plus "mixed" where that is not empty, "scale" where there
 * is one, and "dir" where it was read from a runs folder.
 */
#ifndef QB_RECORD_H
#define QB_RECORD_H

#include "base/json.h"
#include "quant/plugin.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads DIR/record.json. QB_E_NOINPUT when there is none. A record that says "running" while nobody holds the
 * run's lock comes back as "interrupted". */
int qb_record_read(const char *dir, json_t **ret_record);

/* Every run below `dir` (a runs folder, an experiment, one run), or in a runs.jsonl file, as lines of runs.jsonl,
 * sorted by experiment, then key. A folder without a record is left out, one
 * with a damaged record too, with a warning. New references in a new array. */
int qb_records_collect(const char *path, json_t **ret_array);

/* done, diverged and mistrusted: running again would give the same. NULL: not over. */
bool qb_record_is_over(const char *status);

/* Version 0.1.0 called a run done whose last test loss was not finite (null in its record). */
bool qb_record_diverged_unsaid(const json_t *record);

bool qb_record_plugin_changed(const json_t *record, const qb_plugin *plugin); /* another file than when it was begun */

/* A run of a plugin from outside may not be reused or continued with another file of the same version: QB_E_CONFIG,
 * `where` names the run. Plugins shipped with qatbench may have been built anew. force: anything goes. */
int qb_record_check_plugin(const json_t *record, const qb_plugin *plugin, const char *where, bool force);

/* The line of runs.jsonl of a record. New reference. dir may be NULL. */
json_t *qb_record_line(const json_t *record, const char *dir);

#endif
