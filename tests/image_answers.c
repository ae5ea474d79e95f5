/* image_answers: what this program makes of image files, for test_pillow.py to compare. Reads lines from standard input,
 *   window LEFT TOP WIDTH HEIGHT PATH      the pixels of a window; WIDTH 0: of the whole image
 *   crop LEFT TOP WIDTH HEIGHT SIDE PATH   a window resized to SIDE x SIDE, bilinear
 *   eval SHORTER SIDE PATH                 the shorter side resized to SHORTER, bicubic; of that the middle SIDE x SIDE
 * and answers each with a line: "WIDTH HEIGHT SHA-256 of the pixels", or "error REASON".
 */
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "image/crop.h"
#include "image/decode.h"
#include "image/resize.h"

#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 1 << 28 };

typedef struct question {
    char verb[16], path[4096];
    qb_box box; /* width 0: all */
    int shorter, side;
} question;

static bool read_question(question *q)
{
    *q = (question){0};
    if (scanf("%15s", q->verb) != 1)
        return false;
    if (strcmp(q->verb, "eval") == 0 && scanf("%d %d", &q->shorter, &q->side) != 2)
        return false;
    if (strcmp(q->verb, "eval") != 0 && scanf("%d %d %d %d", &q->box.left, &q->box.top, &q->box.width, &q->box.height) != 4)
        return false;
    if (strcmp(q->verb, "crop") == 0 && scanf("%d", &q->side) != 1)
        return false;
    return scanf(" %4095[^\n]", q->path) == 1;
}

static void tell(const uint8_t *pixels, int width, int height)
{
    char hex[QB_SHA256_HEX];
    qb_sha256_of(pixels, (size_t)width * (size_t)height * 3, hex);
    printf("%d %d %s\n", width, height, hex);
}

static int resize(const question *q, const qb_image *image)
{
    int height = q->side, width = q->side;
    qb_box box = {0, 0, q->side, q->side};
    if (q->shorter > 0) {
        qb_crop_shorter_side(image->height, image->width, q->shorter, &height, &width);
        box = qb_crop_centre(height, width, q->side);
    }
    qb_room scratch = {0};
    uint8_t *to = qb_alloc((size_t)q->side * (size_t)q->side, 3);
    int rc = qb_resize(image, q->shorter > 0 ? QB_FILTER_BICUBIC : QB_FILTER_BILINEAR, height, width, &box, &scratch, to);
    if (rc == 0)
        tell(to, q->side, q->side);
    qb_free(scratch.bytes);
    qb_free(to);
    return rc;
}

static int answer(const question *q, qb_room *room, char **bytes)
{
    size_t n;
    qb_image image;
    QB_TRY(qb_fs_read(q->path, MAX_FILE, bytes, &n));
    QB_TRY(qb_decode(*bytes, n, q->box.width > 0 ? &q->box : NULL, room, &image));
    if (q->side > 0)
        return resize(q, &image);
    tell(image.pixels, image.width, image.height);
    return 0;
}

int main(void)
{
    question q;
    qb_room room = {0};
    while (read_question(&q)) {
        char *bytes = NULL;
        if (answer(&q, &room, &bytes) < 0)
            printf("error %s\n", qb_err_text());
        qb_free(bytes);
    }
    qb_free(room.bytes);
    return 0;
}
