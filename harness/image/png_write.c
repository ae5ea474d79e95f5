/* See png_write.h. The library's simplified interface returns where the other one jumps. */
#include "image/png_write.h"

#include <png.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

static const uint8_t mark[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

bool qb_png_is_one(const void *bytes, size_t n)
{
    return n >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0;
}

int qb_png_write(const uint8_t *pixels, int height, int width, void **ret_file, size_t *ret_n)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = PNG_FORMAT_RGB};
    png_alloc_size_t n = 0;
    void *file = NULL;
    if (png_image_write_to_memory(&image, NULL, &n, 0, pixels, 0, NULL)) { /* how many bytes it becomes */
        file = qb_alloc(n, 1);
        if (!file)
            return QB_E_NOMEM;
    }
    if (!file || !png_image_write_to_memory(&image, file, &n, 0, pixels, 0, NULL)) {
        qb_free(file);
        return qb_err_set(QB_E_DATA, "PNG: %d x %d pixels: %s", height, width, image.message);
    }
    *ret_file = file;
    *ret_n = n;
    return 0;
}
