/* image_answers: answers for test_pillow.py, a line each. Reads lines from standard input:
 *   PATH LEFT TOP WIDTH HEIGHT FILTER OUT_WIDTH OUT_HEIGHT
 * The window of the file (WIDTH 0: the whole image) resized by FILTER (bilinear, bicubic, or none: as it is), and writes
 *   WIDTH HEIGHT FNV-1a of the pixels     or     error REASON
 */
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "image/decode.h"
#include "image/resize.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void tell(const uint8_t *pixels, int width, int height)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < (size_t)width * (size_t)height * 3; i++)
        h = (h ^ pixels[i]) * 0x100000001b3u;
    printf("%d %d %016" PRIx64 "\n", width, height, h);
}

static int resize_and_tell(const qb_image *image, const char *filter, int width, int height)
{
    if (strcmp(filter, "none") == 0) {
        tell(image->pixels, image->width, image->height);
        return 0;
    }
    qb_room scratch = {0};
    uint8_t *to = qb_alloc((size_t)width * (size_t)height * 3, 1);
    int rc = qb_resize(image, strcmp(filter, "bilinear") == 0 ? QB_FILTER_BILINEAR : QB_FILTER_BICUBIC, height, width, NULL, &scratch, to);
    if (rc == 0)
        tell(to, width, height);
    qb_free(scratch.bytes);
    qb_free(to);
    return rc;
}

int main(void)
{
    char path[512], filter[16];
    qb_box box;
    int width, height;
    while (scanf("%511s %d %d %d %d %15s %d %d", path, &box.left, &box.top, &box.width, &box.height, filter, &width, &height) == 8) {
        char *bytes = NULL;
        size_t n;
        qb_room room = {0};
        qb_image image;
        int rc = qb_fs_read(path, 1 << 28, &bytes, &n);
        if (rc == 0)
            rc = qb_decode(bytes, n, box.width > 0 ? &box : NULL, &room, &image);
        if (rc == 0)
            rc = resize_and_tell(&image, filter, width, height);
        if (rc < 0)
            printf("error %s\n", qb_err_text());
        qb_free(room.bytes);
        qb_free(bytes);
    }
    return 0;
}
