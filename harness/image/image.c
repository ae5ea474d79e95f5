#include "image/image.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"

int qb_room_reserve(qb_room *room, size_t n)
{
    if (n <= room->n)
        return 0;
    qb_free(room->bytes); /* not resized: nothing in it is worth copying */
    room->n = 0;
    room->bytes = qb_alloc(n, 1);
    if (!room->bytes)
        return QB_E_NOMEM;
    room->n = n;
    return 0;
}

qb_image qb_image_of_planes(const uint8_t *pixels, int c, int h, int w)
{
    return (qb_image){.pixels = pixels, .c = c, .height = h, .width = w, .plane = (int64_t)h * w, .row = w, .column = 1, .h = h, .w = w};
}

qb_image qb_image_of_pixels(const uint8_t *pixels, int c, int h, int w)
{
    return (qb_image){.pixels = pixels, .c = c, .height = h, .width = w, .plane = 1, .row = (int64_t)w * c, .column = c, .h = h, .w = w};
}

void qb_image_cut(qb_image *image, const qb_box *w)
{
    QB_ASSERT(image->top == 0 && image->left == 0 && image->h == image->height && image->w == image->width);
    QB_ASSERT(w->left >= 0 && w->top >= 0 && w->width >= 1 && w->height >= 1);
    QB_ASSERT(w->width <= image->width - w->left && w->height <= image->height - w->top);
    image->pixels += w->top * image->row + w->left * image->column;
    image->height = image->h = w->height;
    image->width = image->w = w->width;
}

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

void qb_image_copy(const qb_image *image, uint8_t *out)
{
    const size_t c = (size_t)image->c, row_bytes = (size_t)image->w * c;
    const int first = clamp(image->left, image->w), last = clamp(image->left + image->width, image->w);
    for (int y = 0; y < image->h; y++, out += row_bytes) {
        const int row = y - image->top;
        memset(out, 0, row_bytes);
        if (row < 0 || row >= image->height || first >= last)
            continue;
        const uint8_t *from = image->pixels + row * image->row + (first - image->left) * image->column;
        uint8_t *to = out + (size_t)first * c;
        for (int x = first; x < last; x++, from += image->column)
            for (int k = 0; k < image->c; k++)
                *to++ = from[k * image->plane];
    }
}
