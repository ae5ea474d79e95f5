#include "image/erase.h"

#include <math.h>
#include <string.h>

#include "base/err.h"

bool qb_erase_size(int height, int width, double share, double log_ratio, int *ret_height, int *ret_width)
{
    const double area = share * ((double)height * width), ratio = exp(log_ratio);
    const double h = nearbyint(sqrt(area * ratio)), w = nearbyint(sqrt(area / ratio)); /* halves to even */
    *ret_height = (int)h;
    *ret_width = (int)w;
    return w < width && h < height;
}

void qb_erase(float *image, int c, int height, int width, const qb_box *r, const float *noise)
{
    QB_ASSERT(r->left >= 0 && r->top >= 0 && r->width >= 0 && r->height >= 0);
    QB_ASSERT(r->width <= width - r->left && r->height <= height - r->top);
    for (int k = 0; k < c; k++)
        for (int y = 0; y < r->height; y++, noise += r->width)
            memcpy(image + ((size_t)k * (size_t)height + (size_t)(r->top + y)) * (size_t)width + r->left, noise,
                   (size_t)r->width * sizeof *noise);
}
