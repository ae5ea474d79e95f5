#include "image/image.h"

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
