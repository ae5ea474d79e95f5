#include "image/crop.h"

#include <math.h>
#include <stdbool.h>

#include "base/err.h"

static int round_even(double v)
{
    return (int)nearbyint(v); /* halves to even: the rounding that programs start with */
}

static bool sides(const qb_crop_range *range, int height, int width, const double u[2], qb_box *box)
{
    const double lowest = log(range->ratio[0]), highest = log(range->ratio[1]);
    const double area = (double)width * height * (range->area[0] + u[0] * (range->area[1] - range->area[0]));
    const double ratio = exp(lowest + u[1] * (highest - lowest));
    box->width = round_even(sqrt(area * ratio));
    box->height = round_even(sqrt(area / ratio));
    return box->width > 0 && box->width <= width && box->height > 0 && box->height <= height;
}

/* The largest box in the middle whose ratio is allowed. */
static qb_box fallback(const qb_crop_range *range, int height, int width)
{
    const double ratio = (double)width / height;
    qb_box box = {.width = width, .height = height};
    if (ratio < range->ratio[0])
        box.height = round_even(width / range->ratio[0]);
    else if (ratio > range->ratio[1])
        box.width = round_even(height * range->ratio[1]);
    box.top = (height - box.height) / 2;
    box.left = (width - box.width) / 2;
    return box;
}

qb_box qb_crop_random(const qb_crop_range *range, int height, int width, const qb_crop_draw *draw, int *ret_attempt)
{
    qb_box box = {0};
    int k = 0;
    while (k < QB_CROP_ATTEMPTS && !sides(range, height, width, draw->attempts[k], &box))
        k++;
    if (ret_attempt)
        *ret_attempt = k < QB_CROP_ATTEMPTS ? k : -1;
    if (k == QB_CROP_ATTEMPTS)
        return fallback(range, height, width);
    box.top = (int)floor(draw->top * (height - box.height + 1));
    box.left = (int)floor(draw->left * (width - box.width + 1));
    return box;
}

void qb_crop_shorter_side(int height, int width, int side, int *ret_height, int *ret_width)
{
    const bool is_tall = height > width;
    const int shorter = is_tall ? width : height, longer = is_tall ? height : width;
    const int scaled = (int)((double)((int64_t)side * longer) / shorter);
    *ret_height = is_tall ? scaled : side;
    *ret_width = is_tall ? side : scaled;
}

qb_box qb_crop_centre(int height, int width, int side)
{
    QB_ASSERT(side >= 1 && side <= height && side <= width);
    return (qb_box){.left = round_even((width - side) / 2.0), .top = round_even((height - side) / 2.0), .width = side, .height = side};
}
