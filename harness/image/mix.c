#include "image/mix.h"

#include <math.h>
#include <string.h>

void qb_mix_up(const float *own, const float *partner, size_t n, double share, float *out)
{
    const float a = (float)(1 - share), b = (float)share;
    for (size_t i = 0; i < n; i++) {
        const float theirs = a * partner[i], ours = b * own[i];
        out[i] = theirs + ours;
    }
}

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

qb_box qb_mix_box(int height, int width, double share, int cx, int cy)
{
    const double part = 0.5 * sqrt(1 - share);
    const int half_w = (int)(part * width), half_h = (int)(part * height);
    const int left = clamp(cx - half_w, width), right = clamp(cx + half_w, width);
    const int top = clamp(cy - half_h, height), bottom = clamp(cy + half_h, height);
    return (qb_box){.left = left, .top = top, .width = right - left, .height = bottom - top};
}

double qb_mix_box_share(int height, int width, const qb_box *box)
{
    return 1 - (double)box->width * box->height / ((double)width * height);
}

void qb_mix_cut(const float *partner, int c, int height, int width, const qb_box *box, float *image)
{
    for (int k = 0; k < c; k++)
        for (int y = box->top; y < box->top + box->height; y++) {
            const size_t at = ((size_t)k * (size_t)height + (size_t)y) * (size_t)width + (size_t)box->left;
            memcpy(image + at, partner + at, (size_t)box->width * sizeof *image);
        }
}
