/* Made-up records for tests of tables, plots and reports. */
#ifndef STUDY_FIXTURE_H
#define STUDY_FIXTURE_H

#include "base/json.h"

#include <check.h>
#include <stdio.h>

/* One line of runs.jsonl: bits 0 = ternary, -1 = null (full precision); top1 < 0: no result; a curve of two epochs. */
static inline json_t *fixture_line(const char *solver, int bits, int seed, const char *status, double top1)
{
    json_t *bit = bits < 0 ? json_null() : bits == 0 ? json_string("ternary") : json_integer(bits);
    char key[65];
    (void)snprintf(key, sizeof key, "%-12.12s%02d%02d", solver, bits + 1, seed);
    json_t *line = json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:o, s:i, s:i, s:f, s:s, s:i, s:n, s:s}, s:i, s:s, s:n, s:{s:s}, s:n,"
                             " s:{s:s, s:s, s:i}, s:{s:s}}",
                             "key", key, "experiment", "made-up", "config", "model", "resnet8", "dataset", "fashion-mnist",
                             "solver", solver, "solver_version", "1.0", "bits", bit, "epochs", 2, "batch", 128, "lr", 0.1,
                             "lr_schedule", "cosine", "seed", seed, "train_limit", "dtype", "fp32", "seed", seed, "status",
                             status, "reason", "data", "label", "Fashion-MNIST", "result", "machine", "cpu", "Made-up CPU",
                             "isa", "avx2", "threads", 1, "build", "version", "0.1.0");
    ck_assert_ptr_nonnull(line);
    if (top1 < 0)
        return line;
    json_t *result = json_pack("{s:i, s:i, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:[{s:f, s:f, s:f, s:f, s:f, s:f},"
                               "{s:f, s:f, s:f, s:f, s:f, s:f}]}",
                               "epochs", 2, "steps", 376, "train_loss", 0.5, "test_loss", 0.6 + seed / 1000.0, "test_top1", top1,
                               "test_top5", 99.0, "best_top1", top1 + 0.5, "mean5_top1", top1 - 1, "images_per_second",
                               3000.0 + seed, "max_levels", 4, "curve", "epoch", 1.0, "lr", 0.1, "train_loss", 0.9, "train_top1",
                               60.0, "test_loss", 0.8, "test_top1", top1 - 10, "epoch", 2.0, "lr", 0.05, "train_loss", 0.5,
                               "train_top1", 80.0, "test_loss", 0.6, "test_top1", top1);
    ck_assert_ptr_nonnull(result);
    ck_assert_int_eq(json_object_set_new(line, "result", result), 0);
    return line;
}

static inline void fixture_add(json_t *lines, json_t *line)
{
    ck_assert_int_eq(json_array_append_new(lines, line), 0);
}

#endif
