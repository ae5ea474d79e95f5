#include "image/decode.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "image/format.h"

static const qb_format *const formats[] = {&qb_format_jpeg, &qb_format_png};

/* NULL: none of them, and the error is set. */
static const qb_format *find_format(const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (n >= formats[i]->n_mark && memcmp(bytes, formats[i]->mark, formats[i]->n_mark) == 0)
            return formats[i];
    if (n < 2)
        (void)qb_err_set(QB_E_DATA, "neither JPEG nor PNG (%s)", n ? "a single byte" : "empty");
    else
        (void)qb_err_set(QB_E_DATA, "neither JPEG nor PNG (starts with %02x %02x)", bytes[0], bytes[1]);
    return NULL;
}

static int read_job(qb_format_job *job)
{
    const qb_format *format = find_format(job->bytes, job->n);
    if (!format)
        return QB_E_DATA;
    int rc = format->read(job);
    return rc == QB_E_DATA ? qb_err_add("%s", format->name) : rc;
}

int qb_decode_size(const void *bytes, size_t n, int *ret_height, int *ret_width)
{
    qb_format_job job = {.bytes = bytes, .n = n};
    QB_TRY(read_job(&job));
    *ret_height = job.height;
    *ret_width = job.width;
    return 0;
}

int qb_decode(const void *bytes, size_t n, const qb_box *window, qb_room *room, qb_image *ret_image)
{
    qb_format_job job = {.bytes = bytes, .n = n, .window = window, .room = room};
    QB_TRY(read_job(&job));
    const qb_box box = qb_format_window(&job);
    *ret_image = qb_image_of_pixels(room->bytes, QB_IMAGE_CHANNELS, box.height, box.width);
    return 0;
}
