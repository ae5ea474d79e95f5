/* See shrink.h. */
#include "datasets/shrink.h"

#include "base/err.h"
#include "base/mem.h"
#include "image/crop.h"
#include "image/decode.h"
#include "image/jpeg_write.h"
#include "image/resize.h"

enum { QUALITY = 95 };

static int shrink(const qb_file_bytes *bytes, int height, int width, qb_room rooms[3], qb_file_bytes *ret_bytes)
{
    qb_image image;
    void *file = NULL;
    size_t n = 0;
    QB_TRY(qb_decode(bytes->bytes, bytes->n, NULL, &rooms[0], &image));
    QB_TRY(qb_room_reserve(&rooms[1], (size_t)height * (size_t)width * QB_IMAGE_CHANNELS));
    QB_TRY(qb_resize(&image, QB_FILTER_BICUBIC, height, width, NULL, &rooms[2], rooms[1].bytes));
    QB_TRY(qb_jpeg_write(rooms[1].bytes, height, width, QUALITY, &file, &n));
    *ret_bytes = (qb_file_bytes){file, n, file};
    return 0;
}

int qb_shrink_file(const qb_file_bytes *bytes, int short_side, qb_file_bytes *ret_bytes)
{
    int height, width;
    qb_room rooms[3] = {0};
    *ret_bytes = (qb_file_bytes){0};
    QB_TRY(qb_decode_size(bytes->bytes, bytes->n, &height, &width));
    if ((height < width ? height : width) <= short_side)
        return 0;
    qb_crop_shorter_side(height, width, short_side, &height, &width);
    int rc = shrink(bytes, height, width, rooms, ret_bytes);
    for (int i = 0; i < 3; i++)
        qb_free(rooms[i].bytes);
    return rc;
}
