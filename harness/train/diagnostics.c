/* Letters: x input of the solver's map, w forward weights, q levels of a row; a code is the number of the level nearest to w. */
#include "train/diagnostics.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "train/tensor_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_POINTS = 5, N_LEVEL_STEPS = 100, N_BINS = 64, MAX_LEVELS = 256, SHOWN_LEVELS = 16, N_CODES = 1024, N_COUNTED = 4096, N_PAIRS = 128 };

typedef struct layer {
    qb_quant_look look; /* of the step that is observed */
    uint8_t *codes;     /* (n_codes) of an epoch before */
    size_t n_codes;
    uint8_t has_codes;
} layer;

struct qb_diagnostics {
    qb_diagnostics_options options;
    layer *layers;
    size_t n_layers;
};

/* ---- when ---- */

static bool is_first(const qb_diagnostics *d, int64_t step) { return step == d->options.first_step + 1; }

/* At 1/n, 2/n, ... of the run; whole epochs where there are as many. */
static bool is_mark(const qb_diagnostics *d, int64_t step, int64_t n)
{
    const qb_diagnostics_options *o = &d->options;
    int64_t unit = o->n_steps / o->steps_per_epoch >= n ? o->steps_per_epoch : 1, length = o->n_steps / unit;
    if (step == o->n_steps)
        return true;
    if (step % unit != 0)
        return false;
    int64_t at = step / unit;
    return at * n / length != (at - 1) * n / length;
}

static bool at_points(const qb_diagnostics *d, int64_t step) { return is_first(d, step) || is_mark(d, step, N_POINTS); }

static bool at_many_steps(const qb_diagnostics *d, int64_t step) { return is_first(d, step) || is_mark(d, step, N_LEVEL_STEPS); }

static bool at_epochs(const qb_diagnostics *d, int64_t step)
{
    return is_first(d, step) || step % d->options.steps_per_epoch == 0;
}

/* ---- numbers of a view ---- */

static float input_of(const qb_quant_look *v, int64_t i) { return v->shrink == 1 ? v->x[i] : v->x[i] / (float)v->shrink; }

/* Seven digits tell floats of a picture apart, and are shorter than all that a double has. */
static json_t *number(double v)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%.7g", v);
    return qb_json_real(strtod(text, NULL));
}

/* The distinct weights of a row, ascending; 0 where they are more than its bits allow, or not finite. */
static int distinct(const qb_quant_look *v, int64_t row, float *ret)
{
    int n = 0, allowed = v->bits == 0 ? 3 : 1 << v->bits;
    for (int64_t i = row * v->row_len; i < (row + 1) * v->row_len; i++) {
        int low = 0, high = n;
        if (!isfinite(v->w[i]))
            return 0;
        while (low < high) {
            int middle = (low + high) / 2;
            if (ret[middle] < v->w[i])
                low = middle + 1;
            else
                high = middle;
        }
        if (low < n && ret[low] == v->w[i])
            continue;
        if (n == allowed)
            return 0;
        memmove(ret + low + 1, ret + low, (size_t)(n - low) * sizeof *ret);
        ret[low] = v->w[i];
        n++;
    }
    return n;
}

/* Levels of a row: those in force, else the solver's own. *ret points to them, or to `room` (MAX_LEVELS). 0: none. */
static int levels_of(const qb_quant_look *v, int64_t row, float *room, const float **ret)
{
    *ret = v->levels ? v->levels + row * v->n_levels : room;
    return v->levels ? v->n_levels : distinct(v, row, room);
}

static int nearest(const float *q, int n, float w)
{
    int low = 0, high = n - 1; /* q[low] <= w < q[high + 1], where there are such */
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (q[middle] <= w)
            low = middle;
        else
            high = middle - 1;
    }
    if (low + 1 < n && q[low + 1] - w < w - q[low])
        low++;
    while (low > 0 && q[low - 1] == q[low]) /* equal neighbours are one level */
        low--;
    return low;
}

/* Adds "levels", all of them where they are few, else evenly chosen ones. */
static void add_levels(json_t *line, const qb_quant_look *v)
{
    float room[MAX_LEVELS];
    const float *q;
    int n = levels_of(v, 0, room, &q), shown = n < SHOWN_LEVELS ? n : SHOWN_LEVELS;
    json_t *list = json_array();
    for (int i = 0; i < shown; i++)
        json_array_append_new(list, number((double)q[shown < n ? i * (n - 1) / (shown - 1) : i]));
    json_object_set_new(line, "levels", list);
}

/* ---- observers: each adds its members to a line of a layer ---- */

static void observe_levels(layer *l, json_t *line) { add_levels(line, &l->look); }

static void observe_codes(layer *l, json_t *line)
{
    const qb_quant_look *v = &l->look;
    float room[MAX_LEVELS];
    const float *q = room;
    int n_q = 0;
    int64_t row_of_levels = -1, n = v->n_rows * v->row_len;
    double far_w = 0, far_x = 0;
    size_t n_flips = 0, n_far = 0, i = 0;
    for (; i < l->n_codes; i++) {
        int64_t at = (int64_t)i * n / (int64_t)l->n_codes, row = at / v->row_len;
        if (row != row_of_levels)
            n_q = levels_of(v, row, room, &q);
        row_of_levels = row;
        if (n_q == 0)
            break; /* the solver's own are not there yet */
        int code = nearest(q, n_q, v->w[at]);
        n_flips += l->has_codes && code != l->codes[i];
        l->codes[i] = (uint8_t)code;
        double gap = n_q > 1 ? ((double)q[n_q - 1] - (double)q[0]) / (n_q - 1) : 0, x = (double)input_of(v, at);
        if (gap > 0) {
            far_w += fabs((double)v->w[at] - (double)q[code]) / gap;
            far_x += fabs(x - (double)q[nearest(q, n_q, (float)x)]) / gap;
            n_far++;
        }
    }
    bool is_whole = i == l->n_codes;
    json_object_set_new(line, "n", json_integer((json_int_t)l->n_codes));
    json_object_set_new(line, "flips", is_whole && l->has_codes ? number((double)n_flips / (double)l->n_codes) : json_null());
    json_object_set_new(line, "distance", is_whole && n_far > 0 ? number(far_w / (double)n_far) : json_null());
    json_object_set_new(line, "distance_latent", is_whole && n_far > 0 ? number(far_x / (double)n_far) : json_null());
    l->has_codes = is_whole;
}

static json_t *counts(const qb_quant_look *v, bool of_latent, double low, double high)
{
    int64_t n = v->n_rows * v->row_len, n_counted = n < N_COUNTED ? n : N_COUNTED;
    json_int_t bins[N_BINS] = {0};
    for (int64_t i = 0; i < n_counted; i++) {
        int64_t at = i * n / n_counted;
        double value = (double)(of_latent ? input_of(v, at) : v->w[at]), place = (value - low) / (high - low) * N_BINS;
        if (isfinite(place) && place >= 0 && place <= N_BINS)
            bins[place < N_BINS ? (int)place : N_BINS - 1]++;
    }
    json_t *list = json_array();
    for (int k = 0; k < N_BINS; k++)
        json_array_append_new(list, json_integer(bins[k]));
    return list;
}

/* Both kinds of weights in the same bins, which reach as far as the farthest of the counted ones. */
static void observe_histogram(layer *l, json_t *line)
{
    const qb_quant_look *v = &l->look;
    int64_t n = v->n_rows * v->row_len, n_counted = n < N_COUNTED ? n : N_COUNTED;
    double low = 0, high = 0;
    for (int64_t i = 0; i < n_counted; i++) {
        int64_t at = i * n / n_counted;
        double x = (double)input_of(v, at), w = (double)v->w[at];
        if (isfinite(x) && isfinite(w)) {
            low = fmin(low, fmin(x, w));
            high = fmax(high, fmax(x, w));
        }
    }
    if (!(high > low))
        high = low + 1;
    json_object_set_new(line, "n", json_integer(n_counted));
    json_object_set_new(line, "low", qb_json_real(low));
    json_object_set_new(line, "high", qb_json_real(high));
    json_object_set_new(line, "latent", counts(v, true, low, high));
    json_object_set_new(line, "weights", counts(v, false, low, high));
    add_levels(line, v);
}

static void observe_map(layer *l, json_t *line)
{
    const qb_quant_look *v = &l->look;
    int64_t n = v->row_len < N_PAIRS ? v->row_len : N_PAIRS;
    json_t *x = json_array(), *w = json_array();
    for (int64_t i = 0; i < n; i++) {
        int64_t at = i * v->row_len / n;
        json_array_append_new(x, number((double)input_of(v, at)));
        json_array_append_new(w, number((double)v->w[at]));
    }
    json_object_set_new(line, "x", x);
    json_object_set_new(line, "w", w);
    add_levels(line, v);
}

enum { LEVELS, CODES, HISTOGRAM, MAP };

const char *const qb_diagnostics_names[] = {
    [LEVELS] = "levels", [CODES] = "codes", [HISTOGRAM] = "histogram", [MAP] = "map", NULL};

static const struct {
    bool (*is_due)(const qb_diagnostics *d, int64_t step);
    void (*observe)(layer *l, json_t *line);
} observers[] = {
    [LEVELS] = {at_many_steps, observe_levels},
    [CODES] = {at_epochs, observe_codes},
    [HISTOGRAM] = {at_points, observe_histogram},
    [MAP] = {at_points, observe_map},
};
enum { N_OBSERVERS = sizeof observers / sizeof *observers };

/* ---- the table at work ---- */

static bool has(const qb_diagnostics *d, int observer) { return d->options.observers >> observer & 1; }

int qb_diagnostics_create(const qb_diagnostics_options *o, qb_diagnostics **ret)
{
    qb_diagnostics *d = qb_alloc(1, sizeof *d);
    if (!d)
        return QB_E_NOMEM;
    *d = (qb_diagnostics){.options = *o, .n_layers = qb_quant_n_looks(o->quant)};
    if (!(d->layers = qb_alloc(d->n_layers, sizeof *d->layers))) {
        qb_free(d);
        return QB_E_NOMEM;
    }
    for (size_t i = 0; i < d->n_layers; i++) {
        layer *l = &d->layers[i];
        l->look = qb_quant_look_at(o->quant, i);
        int64_t n = l->look.n_rows * l->look.row_len;
        l->n_codes = (size_t)(n < N_CODES ? n : N_CODES);
        if (has(d, CODES) && !(l->codes = qb_alloc(l->n_codes, sizeof *l->codes))) {
            qb_diagnostics_destroy(d);
            return QB_E_NOMEM;
        }
    }
    *ret = d;
    return QB_OK;
}

void qb_diagnostics_destroy(qb_diagnostics *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->n_layers; i++)
        qb_free(d->layers[i].codes);
    qb_free(d->layers);
    qb_free(d);
}

int qb_diagnostics_observe(qb_diagnostics *d, int64_t step, int (*take)(void *context, json_t *line), void *context)
{
    if (step <= d->options.first_step)
        return QB_OK; /* nothing is quantized yet */
    for (int k = 0; k < N_OBSERVERS; k++) {
        if (!has(d, k) || !observers[k].is_due(d, step))
            continue;
        for (size_t i = 0; i < d->n_layers; i++) {
            layer *l = &d->layers[i];
            l->look = qb_quant_look_at(d->options.quant, i);
            json_t *line = qb_json_pack("{s:I, s:f, s:s, s:s}", "step", (json_int_t)step, "epoch",
                                        (double)step / (double)d->options.steps_per_epoch, "observer", qb_diagnostics_names[k],
                                        "layer", l->look.name);
            if (line)
                observers[k].observe(l, line);
            QB_TRY(take(context, line));
        }
    }
    return QB_OK;
}

/* ---- state ---- */

static qb_tensor_list list_state(const qb_diagnostics *d)
{
    qb_tensor_list list = {0};
    for (size_t i = 0; i < d->n_layers; i++) {
        layer *l = &d->layers[i];
        if (!l->codes)
            continue;
        qb_tensor_list_add(&list, qb_sprintf("codes/%s", l->look.name), QB_U8, 1, &(int64_t){(int64_t)l->n_codes}, l->codes);
        qb_tensor_list_add(&list, qb_sprintf("has_codes/%s", l->look.name), QB_U8, 1, &(int64_t){1}, &l->has_codes);
    }
    return list;
}

int qb_diagnostics_save(const qb_diagnostics *d, const char *path, char *ret_sha256)
{
    qb_tensor_list list = list_state(d);
    return qb_tensor_list_save(&list, path, ret_sha256);
}

int qb_diagnostics_load(qb_diagnostics *d, const char *path)
{
    qb_tensor_list list = list_state(d);
    qb_safetensors file;
    int rc = list.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : qb_safetensors_read(path, &file);
    if (rc == QB_OK) {
        for (size_t i = 0; i < list.n; i++) {
            const qb_st_tensor *want = &list.items[i], *got = qb_safetensors_find(&file, want->name);
            if (got && got->dtype == want->dtype && got->n_elements == want->n_elements)
                memcpy((void *)(uintptr_t)want->data, got->data, want->n_bytes);
        }
        qb_safetensors_finish(&file);
    }
    qb_tensor_list_finish(&list);
    return rc;
}
