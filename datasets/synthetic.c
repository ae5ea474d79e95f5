/* The synthetic set: no files, the same bytes on every machine (whole numbers only, Philox), learnable but not easy.
 *
 * Each class has one smooth texture with its mean removed, so that colour alone says nothing. An image is its class's
 * texture and a lower, foreign one (a texture of no class), each at a random place (wrapping round) and contrast, plus
 * noise. Labels go round: image i has label i mod 10. Three convolutions without BatchNorm reach 69, 85, 89 % after
 * 2, 3, 4 epochs: enough to see that training works, and that one solver is worse than another.
 */
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "datasets/arrays.h"

enum {
    SIDE = 32,
    IMAGE = 3 * SIDE * SIDE,
    GRID = 8, /* knots a side; a texture is bilinear between them */
    STEP = SIDE / GRID,
    N_CLASSES = 10,
    N_FOREIGN = 16,
    N_TEXTURES = N_CLASSES + N_FOREIGN,
    SET_SEED = 2503, /* of the set, not of a run */
};

enum { STREAM_TEXTURE = 0, STREAM_TRAIN = 1, STREAM_TEST = 2 }; /* `a` of the streams; b = texture or image */

/* SHA-256 over (role, SHA-256) of the bytes, so that opening the set draws nothing. */
static const char fingerprint[] = "328abcde67bf713c64f884f217b13deaea14ae503220c7fead5e9067a8fa3ed5";

typedef int16_t texture[3][SIDE][SIDE];

/* Random knots in 0..255, bilinear between them, less their mean. */
static void draw_texture(uint64_t index, texture t)
{
    qb_stream s = qb_rng_stream(SET_SEED, QB_RNG_SYNTHETIC, STREAM_TEXTURE, index);
    for (int c = 0; c < 3; c++) {
        int knot[GRID][GRID], sum = 0;
        for (int i = 0; i < GRID * GRID; i++) {
            knot[i / GRID][i % GRID] = (int)(qb_rng_word(&s) >> 24);
            sum += knot[i / GRID][i % GRID];
        }
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int gy = y / STEP, gx = x / STEP, fy = y % STEP, fx = x % STEP;
                int hy = (gy + 1) % GRID, hx = (gx + 1) % GRID;
                int v = (STEP - fy) * ((STEP - fx) * knot[gy][gx] + fx * knot[gy][hx]) +
                        fy * ((STEP - fx) * knot[hy][gx] + fx * knot[hy][hx]);
                t[c][y][x] = (int16_t)(v / (STEP * STEP) - sum / (GRID * GRID));
            }
        }
    }
}

static uint8_t clamp_byte(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

static void draw_image(uint64_t which, uint64_t index, const texture *textures, uint8_t *pixels)
{
    qb_stream s = qb_rng_stream(SET_SEED, QB_RNG_SYNTHETIC, which, index);
    const uint32_t place = qb_rng_word(&s), mix = qb_rng_word(&s);
    const texture *own = &textures[index % N_CLASSES], *foreign = &textures[N_CLASSES + (mix >> 16) % N_FOREIGN];
    const int own_share = 24 + (int)(mix & 31), foreign_share = (int)(mix >> 8 & 31); /* of 64 */
    const int own_y = place & 31, own_x = place >> 5 & 31, foreign_y = place >> 10 & 31, foreign_x = place >> 15 & 31;
    const int light = (int)(place >> 20 & 31) - 16;
    uint32_t noise = 0;
    for (int i = 0; i < IMAGE; i++) {
        int c = i / (SIDE * SIDE), y = i / SIDE % SIDE, x = i % SIDE;
        noise = i % 2 == 0 ? qb_rng_word(&s) : noise >> 16;
        int hiss = (int)(noise & 255) - (int)(noise >> 8 & 255); /* triangular on -255..255 */
        int v = own_share * (*own)[c][(y + own_y) % SIDE][(x + own_x) % SIDE] +
                foreign_share * (*foreign)[c][(y + foreign_y) % SIDE][(x + foreign_x) % SIDE];
        pixels[i] = clamp_byte(128 + light + (v + 16 * hiss) / 64);
    }
}

/* Pixels of a split as drawn; NULL: out of memory. */
static uint8_t *draw_split(const qb_dataset *d, int split)
{
    const int64_t n = qb_dataset_count(d, split);
    texture *textures = qb_alloc(N_TEXTURES, sizeof *textures);
    uint8_t *pixels = textures ? qb_alloc((size_t)n, IMAGE) : NULL;
    for (uint64_t i = 0; pixels && i < N_TEXTURES; i++)
        draw_texture(i, textures[i]);
    for (int64_t i = 0; pixels && i < n; i++)
        draw_image(split == QB_SPLIT_TRAIN ? STREAM_TRAIN : STREAM_TEST, (uint64_t)i, (const texture *)textures, pixels + i * IMAGE);
    qb_free(textures);
    return pixels;
}

static int synthetic_load(qb_dataset *d)
{
    qb_arrays *splits = d->state ? d->state : qb_alloc(QB_N_SPLITS, sizeof *splits);
    d->state = splits;
    if (!splits)
        return QB_E_NOMEM;
    QB_TRY(qb_dataset_alloc_classes(d));
    for (int split = 0; split < QB_N_SPLITS; split++) {
        splits[split].n = qb_dataset_count(d, split);
        if (!splits[split].pixels)
            splits[split].pixels = draw_split(d, split);
        if (!splits[split].pixels)
            return QB_E_NOMEM;
        for (int64_t i = 0; i < splits[split].n; i++)
            d->classes[split][i] = (uint16_t)(i % N_CLASSES);
    }
    return 0;
}

/* Does this build draw the set that all others draw? */
static int check_bytes(qb_dataset *d)
{
    char hex[QB_SHA256_HEX];
    qb_str all = {0};
    QB_TRY(qb_dataset_load(d));
    const qb_arrays *splits = d->state;
    for (int split = 0; split < QB_N_SPLITS; split++) {
        const char *name = split == QB_SPLIT_TRAIN ? "train" : "test";
        uint8_t *labels = qb_alloc((size_t)splits[split].n, 1);
        if (!labels) {
            qb_str_finish(&all);
            return QB_E_NOMEM;
        }
        for (int64_t i = 0; i < splits[split].n; i++)
            labels[i] = (uint8_t)d->classes[split][i];
        qb_sha256_of(splits[split].pixels, (size_t)splits[split].n * IMAGE, hex);
        qb_str_addf(&all, "%s-images %s\n", name, hex);
        qb_sha256_of(labels, (size_t)splits[split].n, hex);
        qb_str_addf(&all, "%s-labels %s\n", name, hex);
        qb_free(labels);
    }
    int rc = all.failed ? qb_err_set(QB_E_NOMEM, "out of memory") : 0;
    if (rc == 0)
        qb_sha256_of(all.text, all.length, hex);
    qb_str_finish(&all);
    if (rc < 0 || strcmp(hex, fingerprint) == 0)
        return rc;
    qb_err_set(QB_E_DATA, "synthetic: the images drawn have fingerprint %s, wanted %s", hex, fingerprint);
    return qb_err_hint("this build is broken: compile it anew, with another compiler if it stays so");
}

static int synthetic_open(qb_dataset *d, const char *data_dir, qb_report *report)
{
    (void)data_dir; /* needs none */
    memcpy(d->fingerprint, fingerprint, sizeof d->fingerprint);
    d->label = qb_strdup(d->source->label);
    if (!d->label)
        return QB_E_NOMEM;
    return report ? qb_report_error(report, check_bytes(d)) : 0;
}

static void synthetic_close(qb_dataset *d)
{
    const qb_arrays *splits = d->state;
    for (int split = 0; splits && split < QB_N_SPLITS; split++)
        qb_free((void *)(uintptr_t)splits[split].pixels);
    qb_free(d->state);
}

static const qb_source_kind kind = {.open = synthetic_open, .load = synthetic_load, .image = qb_arrays_image,
                                    .image_name = qb_arrays_image_name, .close = synthetic_close};

const qb_source qb_source_synthetic = {
    .info = {.name = "synthetic",
             .title = "Synthetic textures: made by the program, colour, 32x32",
             .source = "qatbench, datasets/synthetic.c",
             .c = 3, .h = 32, .w = 32, .n_classes = 10, .n_train = 5000, .n_test = 1000,
             .mean = {0.5008, 0.5006, 0.5013}, .std = {0.1746, 0.1730, 0.1715}, /* measured */
             .files = "none"},
    .label = "synthetic",
    .kind = &kind,
};
