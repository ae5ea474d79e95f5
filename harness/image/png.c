/* PNG by libpng. Its errors jump: setjmp is in run_guarded alone, and everything that must outlive a jump is in a `reader`.
 * Rows are decoded one by one to the last one, whatever the window; an interlaced image as a whole.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <png.h>

#include "base/err.h"
#include "base/mem.h"
#include "image/format.h"

typedef struct reader {
    png_structp png;
    png_infop info;
    qb_format_job *job;
    size_t at; /* bytes read */
    int code;  /* of the error */
    bool out_of_memory;
    enum { RGB = 1, GREY16, PALETTE } rows; /* what libpng is asked for: 3 bytes, 2 or 1 a pixel */
    uint8_t palette[256][3];                /* entries that the file lacks: their number as grey, as Pillow has them */
    jmp_buf failed;
} reader;

static _Noreturn void fail(reader *r, int code)
{
    r->code = code;
    longjmp(r->failed, 1);
}

/* ---- what libpng calls ---- */

static _Noreturn void on_error(png_structp png, png_const_charp reason)
{
    reader *r = png_get_error_ptr(png);
    fail(r, r->out_of_memory ? QB_E_NOMEM : qb_err_set(QB_E_DATA, "%s", reason));
}

static void on_warning(png_structp png, png_const_charp reason)
{
    (void)png;
    (void)reason;
}

static void *allocate(png_structp png, png_alloc_size_t n)
{
    reader *r = png_get_mem_ptr(png);
    void *block = qb_alloc(n, 1);
    r->out_of_memory = r->out_of_memory || !block;
    return block;
}

static void release(png_structp png, void *block)
{
    (void)png;
    qb_free(block);
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    reader *r = png_get_io_ptr(png);
    if (n > r->job->n - r->at)
        fail(r, qb_err_set(QB_E_DATA, "the data end before the image does"));
    memcpy(to, r->job->bytes + r->at, n);
    r->at += n;
}

/* ---- header and pixels ---- */

/* Checksums of chunks must be right up to the image's data; there Pillow does not look at them. */
static void read_header(reader *r)
{
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);                      /* ours is that of pixels */
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);              /* texts, profiles, gamma, ... */
    png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(r->png, 1);
    png_read_info(r->png, r->info);
    png_set_crc_action(r->png, PNG_CRC_QUIET_USE, PNG_CRC_NO_CHANGE);
    const double height = png_get_image_height(r->png, r->info), width = png_get_image_width(r->png, r->info);
    int rc = qb_format_check_size(height, width);
    if (rc < 0)
        fail(r, rc);
    r->job->height = (int)height;
    r->job->width = (int)width;
}

static void read_palette(reader *r)
{
    png_colorp entries = NULL;
    int n = 0;
    (void)png_get_PLTE(r->png, r->info, &entries, &n);
    for (int i = 0; i < 256; i++) {
        r->palette[i][0] = i < n ? entries[i].red : (uint8_t)i;
        r->palette[i][1] = i < n ? entries[i].green : (uint8_t)i;
        r->palette[i][2] = i < n ? entries[i].blue : (uint8_t)i;
    }
}

static void choose_rows(reader *r)
{
    const int colour = png_get_color_type(r->png, r->info), depth = png_get_bit_depth(r->png, r->info);
    r->rows = colour == PNG_COLOR_TYPE_PALETTE ? PALETTE : colour == PNG_COLOR_TYPE_GRAY && depth == 16 ? GREY16 : RGB;
    if (r->rows == PALETTE) {
        png_set_packing(r->png);
        read_palette(r);
    } else if (r->rows == RGB) {
        png_set_strip_16(r->png);
        if (colour == PNG_COLOR_TYPE_GRAY && depth < 8)
            png_set_expand_gray_1_2_4_to_8(r->png);
        png_set_gray_to_rgb(r->png);
        png_set_strip_alpha(r->png);
    }
}

/* The window's part of a row. */
static void put_pixels(const reader *r, const uint8_t *row, const qb_box *box, uint8_t *to)
{
    const size_t left = (size_t)box->left, n = (size_t)box->width;
    switch (r->rows) {
    case RGB:
        memcpy(to, row + 3 * left, 3 * n);
        break;
    case GREY16:
        row += 2 * left;
        for (size_t i = 0; i < n; i++, to += 3)
            to[0] = to[1] = to[2] = row[2 * i] ? 255 : row[2 * i + 1];
        break;
    case PALETTE:
        row += left;
        for (size_t i = 0; i < n; i++, to += 3)
            memcpy(to, r->palette[row[i]], 3);
        break;
    }
}

static void read_rows(reader *r, const qb_box *box, uint8_t *to, uint8_t *row)
{
    for (int y = 0; y < r->job->height; y++) {
        png_read_row(r->png, row, NULL);
        if (y >= box->top && y < box->top + box->height) {
            put_pixels(r, row, box, to);
            to += box->width * 3;
        }
    }
}

/* Every pass goes over all rows, which lie behind the window's pixels. */
static void read_passes(reader *r, int n_passes, const qb_box *box, uint8_t *to, uint8_t *rows, size_t row_bytes)
{
    for (int pass = 0; pass < n_passes; pass++)
        for (int y = 0; y < r->job->height; y++)
            png_read_row(r->png, rows + (size_t)y * row_bytes, NULL);
    for (int y = box->top; y < box->top + box->height; y++, to += box->width * 3)
        put_pixels(r, rows + (size_t)y * row_bytes, box, to);
}

static void read_pixels(reader *r)
{
    const qb_box box = qb_format_window(r->job);
    choose_rows(r);
    const int n_passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    const size_t row_bytes = png_get_rowbytes(r->png, r->info), bytes = (size_t)box.width * (size_t)box.height * 3;
    int rc = qb_room_reserve(r->job->room, bytes + row_bytes * (n_passes > 1 ? (size_t)r->job->height : 1));
    if (rc < 0)
        fail(r, rc);
    uint8_t *to = r->job->room->bytes;
    if (n_passes > 1)
        read_passes(r, n_passes, &box, to, to + bytes, row_bytes);
    else
        read_rows(r, &box, to, to + bytes);
}

static void run(reader *r)
{
    r->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, r, on_error, on_warning, r, allocate, release);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info)
        fail(r, QB_E_NOMEM);
    png_set_read_fn(r->png, r, read_bytes);
    read_header(r);
    if (r->job->room)
        read_pixels(r);
}

/* In a frame of its own, so that no variable of it can be changed when a jump comes back. */
static void run_guarded(reader *r)
{
    if (setjmp(r->failed) == 0)
        run(r);
}

static int read_png(qb_format_job *job)
{
    reader r = {.job = job};
    run_guarded(&r);
    png_destroy_read_struct(r.png ? &r.png : NULL, r.info ? &r.info : NULL, NULL);
    return r.code;
}

const qb_format qb_format_png = {.name = "PNG", .mark = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, .n_mark = 8, .read = read_png};
