/* Sheets of pictures, the PNG files that they become, and the bare decoding that ours is held against. */
#include "qb_test.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "image/decode.h"
#include "image/jpeg_bare.h"
#include "image/jpeg_write.h"
#include "image/png_write.h"
#include "image/sheet.h"

static const uint8_t *pixel(const qb_sheet *s, int y, int x)
{
    return s->pixels + ((size_t)y * (size_t)s->width + (size_t)x) * 3;
}

static bool is_white(const uint8_t *p) { return p[0] == 255 && p[1] == 255 && p[2] == 255; }

static const struct {
    int n, height, width;
    int scale, columns, rows, letter;
} layouts[] = {{1, 224, 224, 1, 1, 1, 2}, {16, 32, 32, 4, 4, 4, 1}, {5, 28, 28, 5, 3, 2, 1}, {2, 1, 1, 128, 2, 1, 1}, {3, 300, 150, 1, 2, 2, 1}};

START_TEST(pictures_stand_side_by_side)
{
    const int h = layouts[_i].height, w = layouts[_i].width, scale = layouts[_i].scale, columns = layouts[_i].columns;
    qb_sheet s;
    ck_assert_int_eq(qb_sheet_init(&s, layouts[_i].n, h, w), 0);
    ck_assert_int_eq(s.scale, scale);
    ck_assert_int_eq(s.columns, columns);
    ck_assert_int_eq(s.letter, layouts[_i].letter);
    uint8_t *picture = qb_alloc((size_t)(h * w), 3);
    for (int i = 0; i < layouts[_i].n; i++) {
        for (int k = 0; k < h * w * 3; k++)
            picture[k] = (uint8_t)(i + k);
        qb_sheet_put(&s, i, picture, (const char *const[QB_SHEET_LINES]){i % 2 ? "x" : NULL, NULL});
    }
    const int across = (s.width - 8) / columns, down = (s.height - 8) / layouts[_i].rows;
    for (int i = 0; i < layouts[_i].n; i++)
        for (int y = 0; y < h * scale; y++)
            for (int x = 0; x < w * scale; x++) {
                const uint8_t *p = pixel(&s, 8 + i / columns * down + y, 8 + i % columns * across + x);
                const int k = (y / scale * w + x / scale) * 3;
                ck_assert(p[0] == (uint8_t)(i + k) && p[1] == (uint8_t)(i + k + 1) && p[2] == (uint8_t)(i + k + 2));
            }
    for (int i = 0; i < layouts[_i].n; i++) { /* text below the odd ones alone */
        int n_dark = 0;
        for (int y = h * scale; y < down - 8; y++)
            for (int x = 0; x < w * scale; x++)
                n_dark += !is_white(pixel(&s, 8 + i / columns * down + y, 8 + i % columns * across + x));
        ck_assert_int_eq(n_dark > 0, i % 2);
    }
    for (int x = 0; x < s.width; x++)
        ck_assert(is_white(pixel(&s, 0, x)) && is_white(pixel(&s, s.height - 1, x)));
    qb_free(picture);
    qb_sheet_finish(&s);
}
END_TEST

/* Whatever the text is, it stays below its picture. */
START_TEST(text_is_cut_off)
{
    static const char *const texts[] = {"", "a rather long name of a class which fits nowhere", "caf\xc3\xa9\n\x01\x7f~ !"};
    uint8_t picture[32 * 32 * 3] = {0};
    for (int k = 0; k < 3; k++) {
        qb_sheet s;
        ck_assert_int_eq(qb_sheet_init(&s, 2, 32, 32), 0);
        qb_sheet_put(&s, 0, picture, (const char *const[QB_SHEET_LINES]){texts[k], texts[k]});
        for (int y = 0; y < s.height; y++)
            for (int x = 8 + 128; x < s.width; x++)
                ck_assert(is_white(pixel(&s, y, x)));
        for (int x = 0; x < s.width; x++)
            ck_assert(is_white(pixel(&s, s.height - 1, x)));
        qb_sheet_finish(&s);
    }
}
END_TEST

START_TEST(no_letter_is_empty_or_twice_there)
{
    uint8_t picture[128 * 3] = {0}, seen[96][9 * 6];
    for (int c = ' '; c <= '~'; c++) {
        qb_sheet s;
        ck_assert_int_eq(qb_sheet_init(&s, 1, 1, 128), 0);
        qb_sheet_put(&s, 0, picture, (const char *const[QB_SHEET_LINES]){(char[]){(char)c, 0}, NULL});
        int n_dark = 0;
        for (int y = 0; y < 9; y++)
            for (int x = 0; x < 6; x++)
                n_dark += seen[c - ' '][y * 6 + x] = !is_white(pixel(&s, 8 + 1 + 2 + y, 8 + x));
        ck_assert_msg((n_dark > 0) == (c > ' '), "'%c'", c);
        for (int other = ' '; other < c; other++)
            ck_assert_msg(memcmp(seen[other - ' '], seen[c - ' '], sizeof seen[0]) != 0, "'%c' is '%c'", c, other);
        qb_sheet_finish(&s);
    }
}
END_TEST

START_TEST(too_large_a_sheet_is_refused)
{
    qb_sheet s;
    ck_assert_int_eq(qb_sheet_init(&s, 100, 65535, 65535), QB_E_NOMEM);
    ck_assert_msg(strstr(qb_err_text(), "too large for a file") != NULL, "%s", qb_err_text());
    qb_sheet_finish(&s);
}
END_TEST

START_TEST(png_files_are_read_back)
{
    const int h = 19, w = 33;
    uint8_t *pixels = qb_alloc((size_t)(h * w), 3);
    void *file = NULL;
    size_t n = 0;
    qb_room room = {0};
    qb_image image;
    for (int k = 0; k < h * w * 3; k++)
        pixels[k] = (uint8_t)(k * k);
    ck_assert_int_eq(qb_png_write(pixels, h, w, &file, &n), 0);
    ck_assert(qb_png_is_one(file, n) && !qb_png_is_one(file, 7) && !qb_png_is_one("GIF89a..", 8));
    ck_assert_int_eq(qb_decode(file, n, NULL, &room, &image), 0);
    ck_assert(image.h == h && image.w == w && memcmp(image.pixels, pixels, (size_t)(h * w) * 3) == 0);
    qb_free(room.bytes);
    qb_free(file);
    qb_free(pixels);
}
END_TEST

START_TEST(bare_decoding_gives_the_same_pixels)
{
    const int h = 45, w = 70;
    uint8_t *pixels = qb_alloc((size_t)(h * w), 3);
    void *file = NULL;
    size_t n = 0;
    qb_room room = {0}, bare = {0};
    qb_image image;
    for (int k = 0; k < h * w * 3; k++)
        pixels[k] = (uint8_t)(k / 3 % w * 3 + k / (3 * w) * 2);
    ck_assert_int_eq(qb_jpeg_write(pixels, h, w, 80, &file, &n), 0);
    ck_assert_int_eq(qb_decode(file, n, NULL, &room, &image), 0);
    ck_assert_int_eq(qb_jpeg_decode_bare(file, n, &bare), 0);
    ck_assert(memcmp(bare.bytes, image.pixels, (size_t)(h * w) * 3) == 0);
    ck_assert_int_eq(qb_jpeg_decode_bare("\x89PNG", 4, &bare), QB_E_DATA);
    ck_assert_int_eq(qb_jpeg_decode_bare(file, 10, &bare), QB_E_DATA);
    ck_assert_int_eq(qb_jpeg_decode_bare(file, 0, &bare), QB_E_DATA);
    ck_assert_int_eq(qb_jpeg_version()[1], '.');
    qb_free(room.bytes);
    qb_free(bare.bytes);
    qb_free(file);
    qb_free(pixels);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sheet");
    TCase *tc = tcase_create("sheet");
    tcase_add_loop_test(tc, pictures_stand_side_by_side, 0, sizeof layouts / sizeof layouts[0]);
    tcase_add_test(tc, text_is_cut_off);
    tcase_add_test(tc, no_letter_is_empty_or_twice_there);
    tcase_add_test(tc, too_large_a_sheet_is_refused);
    tcase_add_test(tc, png_files_are_read_back);
    tcase_add_test(tc, bare_decoding_gives_the_same_pixels);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
