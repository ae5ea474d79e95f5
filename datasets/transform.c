#include "datasets/transform.h"

#include "base/err.h"

void qb_transform_init(qb_transform *t, int c, int h, int w, int pad, const double *mean, const double *std)
{
    QB_ASSERT(c >= 1 && c <= QB_TRANSFORM_CHANNELS && h >= 1 && w >= 1 && pad >= 0);
    t->c = c;
    t->h = h;
    t->w = w;
    t->pad = pad;
    for (int i = 0; i < c; i++) {
        const float m = (float)mean[i], s = (float)std[i];
        for (int x = 0; x < 256; x++) {
            float unit = (float)x / 255.0f;
            float centred = unit - m;
            t->table[i][x] = centred / s;
        }
    }
}

/* A row: out[x] = row[x + dx], or its mirror; outside it the padding. */
static void apply_row(const float *table, const uint8_t *row, int w, int dx, bool flip, float *out)
{
    const int first = dx < 0 ? -dx : 0, last = dx > 0 ? w - dx : w; /* columns that come from the image */
    int x = 0;
    for (; x < first && x < w; x++)
        out[x] = table[0];
    if (flip)
        for (; x < last; x++)
            out[x] = table[row[w - 1 - x - dx]];
    else
        for (; x < last; x++)
            out[x] = table[row[x + dx]];
    for (; x < w; x++)
        out[x] = table[0];
}

void qb_transform_apply(const qb_transform *t, const uint8_t *pixels, qb_jitter jitter, float *out)
{
    const int dy = jitter.y - t->pad, dx = jitter.x - t->pad;
    for (int c = 0; c < t->c; c++) {
        const float *table = t->table[c];
        for (int y = 0; y < t->h; y++, out += t->w) {
            int row = y + dy;
            if (row < 0 || row >= t->h)
                for (int x = 0; x < t->w; x++)
                    out[x] = table[0];
            else
                apply_row(table, pixels + ((int64_t)c * t->h + row) * t->w, t->w, dx, jitter.flip, out);
        }
    }
}
