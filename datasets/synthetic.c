/* The synthetic set: no files, the same bytes on every machine (whole numbers only, Philox), learnable but not easy.
 *
 * Each class has one smooth texture with its mean removed, so that colour alone says nothing. An image is its class's
 * texture and a lower, foreign one (a texture of no class), each at a random place (wrapping round) and contrast, plus
 * noise. Labels go round: image i has label i mod 10. Three convolutions without BatchNorm reach 69, 85, 89 % after
 * 2, 3, 4 epochs: enough to see that training works, and that one solver is worse than another. An image is drawn when it is
 * asked for, so that a short run pays for the images that it sees.
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

typedef int16_t texture[3][SIDE][2 * SIDE]; /* each row twice, so that a window that wraps round is one piece */

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
                t[c][y][x] = t[c][y][x + SIDE] = (int16_t)(v / (STEP * STEP) - sum / (GRID * GRID));
            }
        }
    }
}

static uint8_t clamp_byte(int v)
{
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A row: both textures in their shares, and noise, a pixel 16 bits of it. */
static void draw_row(const int16_t *own, int own_share, const int16_t *foreign, int foreign_share, int light, const uint32_t *noise,
                     uint8_t *row)
{
    for (int x = 0; x < SIDE; x++) {
        const int bits = (int)(noise[x / 2] >> 16 * (x % 2) & 0xffff);
        const int hiss = (bits & 255) - (bits >> 8); /* triangular on -255..255 */
        const int v = own_share * own[x] + foreign_share * foreign[x];
        row[x] = clamp_byte(128 + light + (v + 16 * hiss) / 64);
    }
}

static void draw_image(uint64_t which, uint64_t index, const texture *textures, uint8_t *pixels)
{
    qb_stream s = qb_rng_stream(SET_SEED, QB_RNG_SYNTHETIC, which, index);
    uint32_t words[2 + IMAGE / 2];
    qb_rng_words(&s, words, sizeof words / sizeof words[0]);
    const uint32_t place = words[0], mix = words[1], *noise = words + 2;
    const texture *own = &textures[index % N_CLASSES], *foreign = &textures[N_CLASSES + (mix >> 16) % N_FOREIGN];
    const int own_share = 24 + (int)(mix & 31), foreign_share = (int)(mix >> 8 & 31); /* of 64 */
    const int own_y = place & 31, own_x = place >> 5 & 31, foreign_y = place >> 10 & 31, foreign_x = place >> 15 & 31;
    const int light = (int)(place >> 20 & 31) - 16;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < SIDE; y++, pixels += SIDE, noise += SIDE / 2)
            draw_row((*own)[c][(y + own_y) % SIDE] + own_x, own_share, (*foreign)[c][(y + foreign_y) % SIDE] + foreign_x, foreign_share,
                     light, noise, pixels);
}

static int synthetic_load(qb_dataset *d)
{
    texture *textures = d->state ? d->state : qb_alloc(N_TEXTURES, sizeof *textures);
    d->state = textures;
    if (!textures)
        return QB_E_NOMEM;
    for (uint64_t i = 0; i < N_TEXTURES; i++)
        draw_texture(i, textures[i]);
    QB_TRY(qb_dataset_alloc_classes(d));
    for (int split = 0; split < QB_N_SPLITS; split++)
        for (int64_t i = 0; i < qb_dataset_count(d, split); i++)
            d->classes[split][i] = (uint16_t)(i % N_CLASSES);
    return 0;
}

static int synthetic_image(const qb_dataset *d, int split, int64_t i, qb_room *room, qb_image *ret_image)
{
    QB_TRY(qb_room_reserve(room, IMAGE));
    draw_image(split == QB_SPLIT_TRAIN ? STREAM_TRAIN : STREAM_TEST, (uint64_t)i, d->state, room->bytes);
    *ret_image = qb_image_of_planes(room->bytes, 3, SIDE, SIDE);
    return 0;
}

/* ---- verifying ---- */

/* SHA-256 over the images of a split. */
static int hash_images(const qb_dataset *d, int split, char hex[QB_SHA256_HEX])
{
    qb_sha256 *hash = qb_sha256_create();
    qb_room room = {0};
    qb_image image;
    int rc = hash ? 0 : QB_E_NOMEM;
    for (int64_t i = 0; rc == 0 && i < qb_dataset_count(d, split); i++) {
        rc = qb_dataset_image(d, split, i, &room, &image);
        if (rc == 0)
            qb_sha256_add(hash, image.pixels, IMAGE);
    }
    qb_free(room.bytes);
    if (hash)
        qb_sha256_end(hash, hex);
    return rc;
}

static int hash_labels(const qb_dataset *d, int split, char hex[QB_SHA256_HEX])
{
    const size_t n = (size_t)qb_dataset_count(d, split);
    uint8_t *labels = qb_alloc(n, 1);
    if (!labels)
        return QB_E_NOMEM;
    for (size_t i = 0; i < n; i++)
        labels[i] = (uint8_t)d->classes[split][i];
    qb_sha256_of(labels, n, hex);
    qb_free(labels);
    return 0;
}

/* Does this build draw the set that all others draw? */
static int check_bytes(qb_dataset *d)
{
    char hex[QB_SHA256_HEX];
    qb_str all = {0};
    int rc = qb_dataset_load(d);
    for (int split = 0; rc == 0 && split < QB_N_SPLITS; split++) {
        const char *name = split == QB_SPLIT_TRAIN ? "train" : "test";
        rc = hash_images(d, split, hex);
        qb_str_addf(&all, "%s-images %s\n", name, rc == 0 ? hex : "");
        rc = rc < 0 ? rc : hash_labels(d, split, hex);
        qb_str_addf(&all, "%s-labels %s\n", name, rc == 0 ? hex : "");
    }
    if (rc == 0 && all.failed)
        rc = qb_err_set(QB_E_NOMEM, "out of memory");
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
    qb_free(d->state);
}

static const qb_source_kind kind = {.open = synthetic_open, .load = synthetic_load, .image = synthetic_image,
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
