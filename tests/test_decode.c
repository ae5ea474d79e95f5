/* JPEG and PNG files as pixels: against plain libjpeg and closed forms, in windows, and damaged. */
#include "qb_test.h"

#include <stdbool.h>

#include "base/err.h"
#include "image/decode.h"
#include "image_files.h"

/* The image, which must be readable, as bytes of its own. */
static uint8_t *decode(const void *bytes, size_t n, const qb_box *window, int *ret_h, int *ret_w)
{
    qb_room room = {0};
    qb_image image;
    ck_assert_msg(qb_decode(bytes, n, window, &room, &image) == 0, "%s", qb_err_text());
    ck_assert(image.c == 3 && image.plane == 1 && image.column == 3 && image.row == 3 * image.width);
    ck_assert(image.h == image.height && image.w == image.width && image.top == 0 && image.left == 0);
    *ret_h = image.height;
    *ret_w = image.width;
    uint8_t *pixels = qb_alloc((size_t)image.height * (size_t)image.width * 3, 1);
    memcpy(pixels, image.pixels, (size_t)image.height * (size_t)image.width * 3);
    qb_free(room.bytes);
    return pixels;
}

static void check_window(const void *bytes, size_t n, const uint8_t *whole, int whole_w, qb_box box)
{
    int h, w;
    uint8_t *part = decode(bytes, n, &box, &h, &w);
    ck_assert(h == box.height && w == box.width);
    int n_equal = 0; /* rows from the top */
    while (n_equal < h && memcmp(part + (size_t)n_equal * (size_t)w * 3,
                                 whole + ((size_t)(box.top + n_equal) * (size_t)whole_w + (size_t)box.left) * 3, (size_t)w * 3) == 0)
        n_equal++;
    ck_assert_msg(n_equal == h, "row %d of the window of %d x %d at (%d, %d)", n_equal, box.width, box.height, box.left, box.top);
    qb_free(part);
}

static int below(qb_stream *s, int n)
{
    return (int)qb_rng_below(s, (uint32_t)n);
}

static void check_windows(const void *bytes, size_t n, const uint8_t *whole, int h, int w, int n_windows)
{
    qb_stream s = qb_rng_stream(3, QB_RNG_SYNTHETIC, (uint64_t)h, (uint64_t)w);
    check_window(bytes, n, whole, w, (qb_box){0, 0, w, h});
    check_window(bytes, n, whole, w, (qb_box){w - 1, h - 1, 1, 1});
    check_window(bytes, n, whole, w, (qb_box){0, h / 2, w, 1});
    check_window(bytes, n, whole, w, (qb_box){w / 2, 0, 1, h});
    for (int i = 0; i < n_windows; i++) {
        qb_box box = {.width = 1 + below(&s, w), .height = 1 + below(&s, h)};
        box.left = below(&s, w - box.width + 1);
        box.top = below(&s, h - box.height + 1);
        check_window(bytes, n, whole, w, box);
    }
}

/* ---- JPEG ---- */

static const jpeg_kind jpegs[] = {
    {1, 1, 1, false, 0, false}, {1, 2, 2, false, 0, false}, {3, 1, 1, false, 0, false}, {3, 2, 1, false, 0, false},
    {3, 1, 2, false, 0, false}, {3, 2, 2, false, 0, false}, {3, 4, 1, false, 0, false}, {3, 2, 2, false, 3, false},
    {3, 1, 1, true, 0, false},  {3, 2, 1, true, 0, false},  {3, 1, 2, true, 5, false},  {3, 2, 2, true, 0, false},
    {1, 1, 1, true, 0, false},  {4, 1, 1, false, 0, false}, {4, 2, 2, true, 0, false},  {3, 2, 2, false, 0, true},
};

static const int sizes[][2] = {{1, 1}, {1, 50}, {50, 1}, {16, 16}, {17, 33}, {37, 57}, {100, 75}, {161, 203}}; /* h, w */

/* a b / 255, rounded. */
static int part(int a, int b)
{
    return (2 * a * b + 255) / 510;
}

START_TEST(jpeg_equals_libjpeg_in_any_window)
{
    const jpeg_kind *kind = &jpegs[_i];
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const int h = sizes[k][0], w = sizes[k][1];
        size_t n;
        uint8_t *pixels = make_pixels(h, w, kind->c, k);
        unsigned char *bytes = make_jpeg(kind, pixels, h, w, &n);
        uint8_t *plain = plain_jpeg(bytes, n, kind->c), *want = qb_alloc((size_t)(h * w), 3);
        for (int i = 0; i < h * w; i++)
            for (int c = 0; c < 3; c++) {
                const uint8_t *p = plain + (size_t)i * (kind->c == 4 ? 4 : 3);
                int v = kind->c == 4 ? p[3] - part(255 - p[c], p[3]) : p[c];
                want[i * 3 + c] = (uint8_t)(v < 0 ? 0 : v);
            }
        int got_h, got_w;
        ck_assert_int_eq(qb_decode_size(bytes, n, &got_h, &got_w), 0);
        ck_assert(got_h == h && got_w == w);
        uint8_t *got = decode(bytes, n, NULL, &got_h, &got_w);
        ck_assert(got_h == h && got_w == w && memcmp(got, want, (size_t)(h * w) * 3) == 0);
        check_windows(bytes, n, want, h, w, h * w > 5000 ? 150 : 25);
        qb_free(got);
        qb_free(want);
        qb_free(plain);
        qb_free(pixels);
        free(bytes);
    }
}
END_TEST

/* The start of a scan's data. */
static size_t scan_start(const unsigned char *bytes, size_t n)
{
    for (size_t i = 2; i + 3 < n;) {
        size_t length = (size_t)bytes[i + 2] << 8 | bytes[i + 3];
        if (bytes[i + 1] == 0xda)
            return i + 2 + length;
        i += 2 + length;
    }
    return n;
}

static int try_decode(const void *bytes, size_t n, const qb_box *window)
{
    qb_room room = {0};
    qb_image image;
    int rc = qb_decode(bytes, n, window, &room, &image);
    qb_free(room.bytes);
    return rc;
}

static const qb_box corner = {0, 0, 5, 5};

START_TEST(jpeg_cut_short_is_an_error_whatever_the_window)
{
    const jpeg_kind *kind = &jpegs[_i];
    size_t n;
    uint8_t *pixels = make_pixels(40, 60, kind->c, 1);
    unsigned char *bytes = make_jpeg(kind, pixels, 40, 60, &n);
    for (size_t m = 0; m < n; m += m < n - 40 ? 11 : 1) {
        unsigned char *part_of = malloc(m + 1); /* of its own size, so that a sanitizer sees a step beyond it */
        memcpy(part_of, bytes, m);
        part_of = realloc(part_of, m ? m : 1);
        ck_assert_int_eq(try_decode(part_of, m, NULL), QB_E_DATA);
        ck_assert(strstr(qb_err_text(), m < 3 ? "neither JPEG nor PNG" : "JPEG: ") == qb_err_text());
        ck_assert_int_eq(try_decode(part_of, m, &corner), QB_E_DATA);
        free(part_of);
    }
    qb_free(pixels);
    free(bytes);
}
END_TEST

/* Bytes after the end, before the end mark, and an end mark too early: read, as libjpeg makes it up. */
START_TEST(jpeg_with_stray_bytes_is_read)
{
    size_t n;
    int h, w;
    uint8_t *pixels = make_pixels(40, 60, 3, 1);
    unsigned char *bytes = make_jpeg(&jpegs[5], pixels, 40, 60, &n), *longer = malloc(n + 10);
    const size_t start = scan_start(bytes, n), half = start + (n - start) / 2;
    uint8_t *want = decode(bytes, n, NULL, &h, &w);
    const struct {
        size_t keep; /* bytes of the file, and then these */
        const char *then;
        size_t n_then;
        bool same;
    } cases[] = {{n, "garbage", 7, true}, {n - 2, "abc\xff\xd9", 5, true}, {n - 2, "\xff\xff\xd9", 3, true}, {half, "\xff\xd9", 2, false},
                 {n - 2, "\xff\xfe\0\3x\xff\xd9", 7, true}, {n - 2, "\xff\xd3\xff\xd9", 4, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(longer, bytes, cases[i].keep);
        memcpy(longer + cases[i].keep, cases[i].then, cases[i].n_then);
        uint8_t *got = decode(longer, cases[i].keep + cases[i].n_then, NULL, &h, &w);
        ck_assert_int_eq(memcmp(got, want, (size_t)(h * w) * 3) == 0, cases[i].same);
        check_windows(longer, cases[i].keep + cases[i].n_then, got, h, w, 20);
        qb_free(got);
    }
    qb_free(want);
    qb_free(pixels);
    free(longer);
    free(bytes);
}
END_TEST

/* Blocks whose fine coefficients are missing are smoothed over their neighbours: a window must see the same ones. */
START_TEST(jpeg_without_its_last_scans_is_read)
{
    size_t n;
    int h, w, n_scans = 0;
    uint8_t *pixels = make_pixels(100, 120, 3, 1);
    unsigned char *bytes = make_jpeg(&jpegs[_i], pixels, 100, 120, &n), *shorter = malloc(n);
    memcpy(shorter, bytes, n);
    for (size_t i = scan_start(bytes, n); i + 1 < n; i++) {
        if (bytes[i] != 0xff || bytes[i + 1] != 0xda)
            continue;
        shorter[i + 1] = 0xd9; /* the end instead of a scan */
        uint8_t *got = decode(shorter, i + 2, NULL, &h, &w);
        check_windows(shorter, i + 2, got, h, w, 20);
        qb_free(got);
        shorter[i + 1] = 0xda;
        n_scans++;
    }
    ck_assert_int_ge(n_scans, 5);
    qb_free(pixels);
    free(shorter);
    free(bytes);
}
END_TEST

/* What stands behind the scan of a baseline file is read also where the window needs nothing of it. */
START_TEST(jpeg_with_a_second_frame_behind_is_an_error_whatever_the_window)
{
    size_t n;
    uint8_t *pixels = make_pixels(40, 60, 3, 1);
    unsigned char *bytes = make_jpeg(&jpegs[5], pixels, 40, 60, &n), *longer = malloc(2 * n);
    memcpy(longer, bytes, n - 2);
    memcpy(longer + n - 2, bytes + 2, n - 2); /* tables, a frame and a scan once more */
    ck_assert_int_eq(try_decode(longer, 2 * n - 4, NULL), QB_E_DATA);
    ck_assert_int_eq(try_decode(longer, 2 * n - 4, &corner), QB_E_DATA);
    qb_free(pixels);
    free(longer);
    free(bytes);
}
END_TEST

/* An image of one colour, its size in the header then changed: nothing but the header can say that it is too large. */
static unsigned char *jpeg_of_size(int h, int w, size_t *ret_n)
{
    uint8_t *pixels = make_pixels(16, 16, 3, 1);
    unsigned char *bytes = make_jpeg(&jpegs[2], pixels, 16, 16, ret_n);
    for (size_t i = 2; i + 9 < *ret_n; i += 2 + ((size_t)bytes[i + 2] << 8 | bytes[i + 3]))
        if (bytes[i + 1] == 0xc0) {
            bytes[i + 5] = (unsigned char)(h >> 8), bytes[i + 6] = (unsigned char)h;
            bytes[i + 7] = (unsigned char)(w >> 8), bytes[i + 8] = (unsigned char)w;
            break;
        }
    qb_free(pixels);
    return bytes;
}

static const struct {
    int h, w;
    const char *text;
} large[] = {
    {30000, 30000, "JPEG: 30000 x 30000 pixels are more than the 178956970 that are read"},
    {13377, 13379, "JPEG: 13379 x 13377 pixels are more than the 178956970 that are read"},
    {13377, 13377, "JPEG: 13377 x 13377 pixels cannot be in"},
    {5000, 5000, "JPEG: 5000 x 5000 pixels cannot be in"},
};

START_TEST(jpeg_too_large_is_an_error)
{
    size_t n;
    int h, w;
    unsigned char *bytes = jpeg_of_size(large[_i].h, large[_i].w, &n);
    ck_assert_int_eq(qb_decode_size(bytes, n, &h, &w), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), large[_i].text) == qb_err_text(), "%s", qb_err_text());
    ck_assert_int_eq(try_decode(bytes, n, NULL), QB_E_DATA);
    free(bytes);
}
END_TEST

START_TEST(jpeg_with_less_data_than_pixels_is_read) /* as long as it is small: grey below */
{
    size_t n;
    int h, w;
    unsigned char *bytes = jpeg_of_size(600, 500, &n);
    uint8_t *got = decode(bytes, n, NULL, &h, &w);
    ck_assert(h == 600 && w == 500);
    check_windows(bytes, n, got, h, w, 10);
    qb_free(got);
    free(bytes);
}
END_TEST

/* ---- PNG ---- */

static const png_kind pngs[] = {
    {PNG_COLOR_TYPE_GRAY, 1, false, false, 0},   {PNG_COLOR_TYPE_GRAY, 2, false, true, 0},   {PNG_COLOR_TYPE_GRAY, 4, true, false, 0},
    {PNG_COLOR_TYPE_GRAY, 8, false, true, 0},    {PNG_COLOR_TYPE_GRAY, 16, false, false, 0}, {PNG_COLOR_TYPE_GRAY, 16, true, true, 0},
    {PNG_COLOR_TYPE_GA, 8, false, false, 0},     {PNG_COLOR_TYPE_GA, 16, true, false, 0},    {PNG_COLOR_TYPE_RGB, 8, false, true, 0},
    {PNG_COLOR_TYPE_RGB, 8, true, false, 0},     {PNG_COLOR_TYPE_RGB, 16, false, false, 0},  {PNG_COLOR_TYPE_RGBA, 8, false, false, 0},
    {PNG_COLOR_TYPE_RGBA, 16, true, false, 0},   {PNG_COLOR_TYPE_PALETTE, 1, false, true, 0}, {PNG_COLOR_TYPE_PALETTE, 2, true, false, 0},
    {PNG_COLOR_TYPE_PALETTE, 4, false, false, 0}, {PNG_COLOR_TYPE_PALETTE, 8, false, true, 0},
    {PNG_COLOR_TYPE_PALETTE, 8, false, true, 100},  {PNG_COLOR_TYPE_PALETTE, 4, true, false, 3},
};

static int channels(const png_kind *kind)
{
    return kind->colour == PNG_COLOR_TYPE_GA ? 2 : kind->colour == PNG_COLOR_TYPE_RGB ? 3 : kind->colour == PNG_COLOR_TYPE_RGBA ? 4 : 1;
}

/* Sample c of pixel x of a packed row. */
static int packed(const png_kind *kind, const uint8_t *row, int x, int c)
{
    const int i = x * channels(kind) + c;
    if (kind->depth == 16)
        return row[2 * i] << 8 | row[2 * i + 1];
    return row[i * kind->depth / 8] >> (8 - kind->depth - i * kind->depth % 8) & ((1 << kind->depth) - 1);
}

/* The rules of decode.h, said once more. */
static int rgb_of(const png_kind *kind, const uint8_t *row, int x, int c)
{
    const bool grey = (kind->colour & PNG_COLOR_MASK_COLOR) == 0;
    const int v = packed(kind, row, x, grey || kind->colour == PNG_COLOR_TYPE_PALETTE ? 0 : c);
    if (kind->n_palette && v >= kind->n_palette)
        return v;
    if (kind->colour == PNG_COLOR_TYPE_PALETTE)
        return (uint8_t)(c == 0 ? v : c == 1 ? 255 - v : 3 * v);
    if (kind->colour == PNG_COLOR_TYPE_GRAY && kind->depth == 16)
        return v < 255 ? v : 255;
    return kind->depth == 16 ? v >> 8 : v * 255 / ((1 << kind->depth) - 1);
}

START_TEST(png_follows_the_rules_in_any_window)
{
    const png_kind *kind = &pngs[_i];
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        const int h = sizes[k][0], w = sizes[k][1];
        const size_t row_bytes = ((size_t)w * (size_t)(channels(kind) * kind->depth) + 7) / 8;
        uint8_t *rows = make_pixels(h, (int)row_bytes, 1, k), *want = qb_alloc((size_t)(h * w), 3);
        if (kind->depth == 16) /* many small values, or all would be white */
            for (size_t i = 0; i < (size_t)h * row_bytes; i += 4)
                rows[i] = 0;
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
                for (int c = 0; c < 3; c++)
                    want[(y * w + x) * 3 + c] = (uint8_t)rgb_of(kind, rows + (size_t)y * row_bytes, x, c);
        size_t n;
        unsigned char *bytes = make_png(kind, rows, row_bytes, h, w, &n);
        int got_h, got_w;
        ck_assert_int_eq(qb_decode_size(bytes, n, &got_h, &got_w), 0);
        ck_assert(got_h == h && got_w == w);
        check_windows(bytes, n, want, h, w, 20);
        qb_free(rows);
        qb_free(want);
        free(bytes);
    }
}
END_TEST

static unsigned char *some_png(int i, int h, int w, size_t *ret_n)
{
    const size_t row_bytes = ((size_t)w * (size_t)(channels(&pngs[i]) * pngs[i].depth) + 7) / 8;
    uint8_t *rows = make_pixels(h, (int)row_bytes, 1, 1);
    unsigned char *bytes = make_png(&pngs[i], rows, row_bytes, h, w, ret_n);
    qb_free(rows);
    return bytes;
}

START_TEST(png_cut_short_is_an_error)
{
    enum { END_CHUNK = 12 };
    size_t n;
    unsigned char *bytes = some_png(_i, 40, 60, &n);
    ck_assert_int_eq(try_decode(bytes, n - END_CHUNK, NULL), 0); /* Pillow does not ask for the last one */
    for (size_t m = 0; m < n - END_CHUNK - 8; m += 7) {
        unsigned char *part_of = malloc(m ? m : 1);
        memcpy(part_of, bytes, m);
        ck_assert_int_eq(try_decode(part_of, m, NULL), QB_E_DATA);
        ck_assert(strstr(qb_err_text(), m < 8 ? "neither JPEG nor PNG" : "PNG: ") == qb_err_text());
        free(part_of);
    }
    free(bytes);
}
END_TEST

/* Of the chunks, those of the image's data alone may have a wrong checksum. */
START_TEST(png_checksums)
{
    size_t n, at = 8;
    int n_chunks = 0;
    unsigned char *bytes = some_png(15, 40, 60, &n);
    while (at < n) {
        const size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        const bool is_free = memcmp(bytes + at + 4, "IDAT", 4) == 0 || memcmp(bytes + at + 4, "IEND", 4) == 0;
        bytes[at + 8 + length] ^= 1;
        ck_assert_int_eq(try_decode(bytes, n, NULL), is_free ? 0 : QB_E_DATA);
        bytes[at + 8 + length] ^= 1;
        at += 12 + length;
        n_chunks++;
    }
    ck_assert_int_ge(n_chunks, 5);
    free(bytes);
}
END_TEST

START_TEST(png_too_large_is_an_error)
{
    static const png_byte header[] = {0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30}; /* 30,000 x 30,000 */
    size_t n;
    unsigned char *bytes = some_png(8, 4, 4, &n);
    memcpy(bytes + 16, header, sizeof header);
    uint32_t crc = 0xffffffffu;
    for (int i = 12; i < 29; i++) {
        crc ^= bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    for (int i = 0; i < 4; i++)
        bytes[29 + i] = (unsigned char)(~crc >> (24 - 8 * i));
    ck_assert_int_eq(try_decode(bytes, n, NULL), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), "PNG: 30000 x 30000 pixels are more than the 178956970 that are read");
    free(bytes);
}
END_TEST

/* ---- neither, and damage ---- */

static const struct {
    const char *bytes;
    size_t n;
    const char *text;
} others[] = {
    {"", 0, "neither JPEG nor PNG (empty)"},
    {"\xff", 1, "neither JPEG nor PNG (a single byte)"},
    {"<html>", 6, "neither JPEG nor PNG (starts with 3c 68)"},
    {"GIF89a", 6, "neither JPEG nor PNG (starts with 47 49)"},
    {"\0\0\0\0", 4, "neither JPEG nor PNG (starts with 00 00)"},
    {"\xff\xd8\xff", 3, "JPEG: the data end before the end mark"},
    {"\xff\xd8\xff\xd9", 4, "JPEG: JPEG datastream contains no image"},
    {"\xff\xd8\xff\x01\xff\xd9", 6, "JPEG: a mark that has no place in a header (ff 01)"},
    {"\x89PNG\r\n\x1a\n", 8, "PNG: the data end before the image does"},
};

START_TEST(says_what_is_wrong)
{
    ck_assert_int_eq(try_decode(others[_i].bytes, others[_i].n, NULL), QB_E_DATA);
    ck_assert_str_eq(qb_err_text(), others[_i].text);
}
END_TEST

/* Bytes changed at random: pixels or an error, the same for all and for a window, and no step beyond the file. */
static void damage(unsigned char *bytes, size_t n, uint64_t seed, int times)
{
    qb_stream s = qb_rng_stream(seed, QB_RNG_SYNTHETIC, n, 0);
    unsigned char *bad = malloc(n);
    for (int i = 0; i < times; i++) {
        memcpy(bad, bytes, n);
        const int changes = 1 + below(&s, 4);
        for (int k = 0; k < changes; k++)
            bad[below(&s, (int)n)] = (unsigned char)qb_rng_word(&s);
        int h, w, rc = try_decode(bad, n, NULL);
        ck_assert(rc == 0 || rc == QB_E_DATA);
        if (rc < 0) {
            ck_assert(qb_err_text()[0] != '\0');
            if (qb_decode_size(bad, n, &h, &w) == 0)
                ck_assert_int_eq(try_decode(bad, n, &(qb_box){0, 0, 1, 1}), QB_E_DATA);
            continue;
        }
        uint8_t *whole = decode(bad, n, NULL, &h, &w);
        if (h * w < 100000)
            check_windows(bad, n, whole, h, w, 3);
        qb_free(whole);
    }
    free(bad);
    free(bytes);
}

START_TEST(damaged_jpeg)
{
    size_t n;
    uint8_t *pixels = make_pixels(40, 60, jpegs[_i].c, 1);
    unsigned char *bytes = make_jpeg(&jpegs[_i], pixels, 40, 60, &n);
    qb_free(pixels);
    damage(bytes, n, (uint64_t)_i, 60);
}
END_TEST

START_TEST(damaged_png)
{
    size_t n;
    unsigned char *bytes = some_png(_i, 20, 30, &n);
    damage(bytes, n, (uint64_t)_i, 60);
}
END_TEST

START_TEST(out_of_memory_is_no_bad_image)
{
    size_t n[2];
    uint8_t *pixels = make_pixels(40, 60, 3, 1);
    unsigned char *files[2] = {make_jpeg(&jpegs[5], pixels, 40, 60, &n[0]), some_png(16, 40, 60, &n[1])};
    for (int i = 0; i < 2; i++) {
        int rc = QB_E_NOMEM;
        for (int nth = 1; rc != 0; nth++) {
            ck_assert_int_lt(nth, 100);
            qb_mem_fail_at(nth, 0);
            rc = try_decode(files[i], n[i], NULL);
            qb_mem_fail_at(0, 0);
            ck_assert(rc == 0 || rc == QB_E_NOMEM);
        }
        free(files[i]);
    }
    qb_free(pixels);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("decode");
    TCase *jpeg = tcase_create("jpeg"), *png = tcase_create("png"), *bad = tcase_create("damage");
    const int n_jpegs = sizeof jpegs / sizeof *jpegs, n_pngs = sizeof pngs / sizeof *pngs;
    tcase_set_timeout(jpeg, 60);
    tcase_set_timeout(bad, 60);
    tcase_add_loop_test(jpeg, jpeg_equals_libjpeg_in_any_window, 0, n_jpegs);
    tcase_add_loop_test(jpeg, jpeg_cut_short_is_an_error_whatever_the_window, 0, n_jpegs);
    tcase_add_test(jpeg, jpeg_with_stray_bytes_is_read);
    tcase_add_loop_test(jpeg, jpeg_without_its_last_scans_is_read, 8, 13); /* the progressive ones */
    tcase_add_test(jpeg, jpeg_with_a_second_frame_behind_is_an_error_whatever_the_window);
    tcase_add_loop_test(jpeg, jpeg_too_large_is_an_error, 0, sizeof large / sizeof *large);
    tcase_add_test(jpeg, jpeg_with_less_data_than_pixels_is_read);
    tcase_add_loop_test(png, png_follows_the_rules_in_any_window, 0, n_pngs);
    tcase_add_loop_test(png, png_cut_short_is_an_error, 0, n_pngs);
    tcase_add_test(png, png_checksums);
    tcase_add_test(png, png_too_large_is_an_error);
    tcase_add_loop_test(bad, says_what_is_wrong, 0, sizeof others / sizeof *others);
    tcase_add_loop_test(bad, damaged_jpeg, 0, n_jpegs);
    tcase_add_loop_test(bad, damaged_png, 0, n_pngs);
    tcase_add_test(bad, out_of_memory_is_no_bad_image);
    suite_add_tcase(s, jpeg);
    suite_add_tcase(s, png);
    suite_add_tcase(s, bad);
    return s;
}

QB_TEST_MAIN
