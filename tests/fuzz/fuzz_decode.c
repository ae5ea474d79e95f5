/* Files that libFuzzer invents, as images: pixels or an error with a reason, and a window shows what the whole image shows.
 * Starts from a JPEG and a PNG file of each kind, which are put into the folder that the command line ends with.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../image_files.h"
#include "base/err.h"
#include "base/fs.h"
#include "image/decode.h"

enum { SIDE = 24, MAX_PIXELS = 1 << 18 }; /* larger images: the header alone, for speed */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void put(const char *dir, const char *kind, int i, unsigned char *bytes, size_t n)
{
    char *path = qb_sprintf("%s/%s-%d", dir, kind, i);
    if (qb_fs_write_atomic(path, bytes, n) < 0)
        abort();
    qb_free(path);
    free(bytes);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const jpeg_kind jpegs[] = {{1, 1, 1, false, 0, false}, {3, 1, 1, false, 0, false}, {3, 2, 2, false, 2, false}, {3, 2, 1, true, 0, false},
                                      {4, 1, 1, false, 0, false}, {3, 2, 2, false, 0, true}};
    static const png_kind pngs[] = {{PNG_COLOR_TYPE_GRAY, 16, true, false, 0}, {PNG_COLOR_TYPE_RGB, 8, false, true, 0},
                                    {PNG_COLOR_TYPE_RGBA, 16, true, false, 0}, {PNG_COLOR_TYPE_PALETTE, 4, false, true, 9}};
    const char *dir = (*argv)[*argc - 1];
    uint8_t *pixels = make_pixels(SIDE, SIDE, 8, 1); /* enough for 4 channels of 16 bits */
    size_t n;
    for (int i = 0; i < (int)(sizeof jpegs / sizeof *jpegs); i++) {
        unsigned char *bytes = make_jpeg(&jpegs[i], pixels, SIDE, SIDE, &n);
        put(dir, "jpeg", i, bytes, n);
    }
    for (int i = 0; i < (int)(sizeof pngs / sizeof *pngs); i++) {
        unsigned char *bytes = make_png(&pngs[i], pixels, SIDE * 8, SIDE, SIDE, &n);
        put(dir, "png", i, bytes, n);
    }
    qb_free(pixels);
    return 0;
}

static void check_window(const uint8_t *bytes, size_t n, const qb_image *whole, qb_box box)
{
    qb_room room = {0};
    qb_image part;
    if (qb_decode(bytes, n, &box, &room, &part) != 0 || part.height != box.height || part.width != box.width)
        abort();
    for (int y = 0; y < box.height; y++)
        if (memcmp(part.pixels + y * part.row, whole->pixels + (box.top + y) * whole->row + box.left * 3, (size_t)box.width * 3) != 0)
            abort();
    qb_free(room.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    qb_room room = {0};
    qb_image image;
    int h, w, rc = qb_decode_size(bytes, n, &h, &w);
    if (rc == 0 && (int64_t)h * w > MAX_PIXELS)
        return 0;
    if (rc == 0)
        rc = qb_decode(bytes, n, NULL, &room, &image);
    if (rc == 0) {
        if (image.height != h || image.width != w)
            abort();
        const int left = bytes[n / 2] * w / 256, top = bytes[n / 3] * h / 256;
        check_window(bytes, n, &image, (qb_box){left, top, 1 + (w - left - 1) / 2, 1 + (h - top - 1) / 3});
    } else if (rc != QB_E_DATA || qb_err_text()[0] == '\0') {
        abort();
    }
    qb_free(room.bytes);
    return 0;
}
