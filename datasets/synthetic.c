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
#include "datasets/source.h"

enum {
    SIDE = 32,
    GRID = 8, /* knots a side; a texture is bilinear between them */
    STEP = SIDE / GRID,
    N_CLASSES = 10,
    N_FOREIGN = 16,
    N_TEXTURES = N_CLASSES + N_FOREIGN,
    SET_SEED = 2503, /* of the set, not of a run */
};

enum { STREAM_TEXTURE = 0, STREAM_TRAIN = 1, STREAM_TEST = 2 }; /* `a` of the streams; b = texture or image */

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
    for (int i = 0; i < 3 * SIDE * SIDE; i++) {
        int c = i / (SIDE * SIDE), y = i / SIDE % SIDE, x = i % SIDE;
        noise = i % 2 == 0 ? qb_rng_word(&s) : noise >> 16;
        int hiss = (int)(noise & 255) - (int)(noise >> 8 & 255); /* triangular on -255..255 */
        int v = own_share * (*own)[c][(y + own_y) % SIDE][(x + own_x) % SIDE] +
                foreign_share * (*foreign)[c][(y + foreign_y) % SIDE][(x + foreign_x) % SIDE];
        pixels[i] = clamp_byte(128 + light + (v + 16 * hiss) / 64);
    }
}

static int synthetic_generate(const qb_source *s, uint8_t *const pixels[2], uint8_t *const labels[2])
{
    texture *textures = qb_alloc(N_TEXTURES, sizeof *textures);
    if (!textures)
        return QB_E_NOMEM;
    for (uint64_t i = 0; i < N_TEXTURES; i++)
        draw_texture(i, textures[i]);
    for (int split = 0; split < 2; split++) {
        const int64_t n = split == QB_PART_TRAIN ? s->info.n_train : s->info.n_test;
        for (int64_t i = 0; i < n; i++) {
            labels[split][i] = (uint8_t)(i % N_CLASSES);
            draw_image(split == QB_PART_TRAIN ? STREAM_TRAIN : STREAM_TEST, (uint64_t)i, (const texture *)textures,
                       pixels[split] + i * 3 * SIDE * SIDE);
        }
    }
    qb_free(textures);
    return 0;
}

const qb_source qb_source_synthetic = {
    .info = {.name = "synthetic",
             .title = "Synthetic textures: made by the program, colour, 32x32",
             .source = "qatbench, datasets/synthetic.c",
             .c = 3, .h = 32, .w = 32, .n_classes = 10, .n_train = 5000, .n_test = 1000,
             .mean = {0.5008, 0.5006, 0.5013}, .std = {0.1746, 0.1730, 0.1715}, /* measured */
             .files = "none"},
    .label = "synthetic",
    .generate = synthetic_generate,
};
