/* JPEG by libjpeg-turbo. Its errors jump: setjmp is in run_guarded alone, and everything that must outlive a jump is in a
 * `reader`.
 *
 * A window is decoded by itself where the rest of the file cannot change it or turn it into an error; otherwise the whole
 * image is decoded and the window cut out. Around a window a margin of one block row and column (of the coarsest
 * component) is decoded too, so that smooth upsampling sees what it sees in the whole image.
 */
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "base/err.h"
#include "image/format.h"

enum { LARGE_PIXELS = 1 << 24, MARK_START = 0xd8, MARK_SCAN = 0xda };

typedef struct reader {
    struct jpeg_decompress_struct d; /* client_data: the reader */
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    qb_format_job *job;
    int code; /* of the error */
    jmp_buf failed;
} reader;

static _Noreturn void fail(reader *r, int code)
{
    r->code = code;
    longjmp(r->failed, 1);
}

/* ---- what libjpeg calls ---- */

static void error_exit(j_common_ptr common)
{
    char reason[JMSG_LENGTH_MAX];
    common->err->format_message(common, reason);
    int code = common->err->msg_code == JERR_OUT_OF_MEMORY ? QB_E_NOMEM : QB_E_DATA;
    fail(common->client_data, qb_err_set(code, "%s", reason));
}

/* Warnings are about pixels that are made up from damaged data: Pillow takes them. */
static void emit_message(j_common_ptr common, int level)
{
    (void)common;
    (void)level;
}

static void keep_source(j_decompress_ptr d)
{
    (void)d;
}

static boolean end_of_data(j_decompress_ptr d)
{
    fail(d->client_data, qb_err_set(QB_E_DATA, "the data end before the end mark"));
}

static void skip_data(j_decompress_ptr d, long n)
{
    if (n <= 0)
        return;
    if ((size_t)n > d->src->bytes_in_buffer)
        (void)end_of_data(d);
    d->src->next_input_byte += n;
    d->src->bytes_in_buffer -= (size_t)n;
}

static void count_scans(j_common_ptr common)
{
    const reader *r = common->client_data;
    if (common->is_decompressor && r->d.input_scan_number > QB_JPEG_SCANS)
        fail(common->client_data, qb_err_set(QB_E_DATA, "more than %d scans", QB_JPEG_SCANS));
}

/* ---- marks ---- */

/* The next mark from *p on, which moves behind it; fill bytes and zeros that make 0xff a byte of data are passed over.
 * -1: there is none. */
static int next_mark(const unsigned char **p, const unsigned char *end)
{
    while (*p < end && (*p = memchr(*p, 0xff, (size_t)(end - *p))) != NULL) {
        while (*p < end && **p == 0xff)
            ++*p;
        if (*p < end && *(*p)++ != 0)
            return (*p)[-1];
    }
    *p = end;
    return -1;
}

static bool is_restart(int mark)
{
    return mark >= JPEG_RST0 && mark <= JPEG_RST0 + 7;
}

/* Mark 1, which libjpeg passes over, stands before the scan: to Pillow such a file is no image. */
static bool has_foreign_mark(const unsigned char *p, const unsigned char *end)
{
    for (int mark = next_mark(&p, end); mark >= 0 && mark != MARK_SCAN; mark = next_mark(&p, end)) {
        if (mark == 1)
            return true;
        if (is_restart(mark) || mark == MARK_START || mark == JPEG_EOI)
            continue;
        const ptrdiff_t length = end - p < 2 ? PTRDIFF_MAX : p[0] << 8 | p[1];
        if (length > end - p)
            return false;
        p += length;
    }
    return false;
}

/* The next mark behind the data of the first scan is the end mark: whatever the scan's data say, decoding the rest of it
 * could not fail. */
static bool ends_after_scan(const unsigned char *p, const unsigned char *end)
{
    int mark = next_mark(&p, end);
    while (is_restart(mark))
        mark = next_mark(&p, end);
    return mark == JPEG_EOI;
}

/* ---- the header ---- */

static void read_header(reader *r)
{
    struct jpeg_decompress_struct *d = &r->d;
    if (has_foreign_mark(r->job->bytes, r->job->bytes + r->job->n))
        fail(r, qb_err_set(QB_E_DATA, "a mark that has no place in a header (ff 01)"));
    (void)jpeg_read_header(d, TRUE);
    r->job->height = (int)d->image_height;
    r->job->width = (int)d->image_width;
    int rc = qb_format_check_size(d->image_height, d->image_width);
    if (rc < 0)
        fail(r, rc);
    if (d->num_components != 1 && d->num_components != 3 && d->num_components != 4)
        fail(r, qb_err_set(QB_E_DATA, "has %d components instead of 1, 3 or 4", d->num_components));
    double pixels = (double)d->image_height * d->image_width, bits = 8.0 * (double)r->source.bytes_in_buffer;
    if (pixels > LARGE_PIXELS && !d->arith_code && bits < pixels / DCTSIZE2)
        fail(r, qb_err_set(QB_E_DATA, "%u x %u pixels cannot be in %zu bytes", d->image_width, d->image_height,
                           r->source.bytes_in_buffer));
    d->out_color_space = d->num_components == 4 ? JCS_CMYK : JCS_RGB;
}

/* ---- which part ---- */

/* The samplings that photographs have, and whose upsampling reaches no further than the margin. */
static bool is_common_sampling(const struct jpeg_decompress_struct *d)
{
    const jpeg_component_info *c = d->comp_info;
    if (d->num_components == 1)
        return c[0].h_samp_factor == 1 && c[0].v_samp_factor == 1;
    return d->num_components == 3 && c[0].h_samp_factor <= 2 && c[0].v_samp_factor <= 2 && c[1].h_samp_factor == 1 &&
           c[1].v_samp_factor == 1 && c[2].h_samp_factor == 1 && c[2].v_samp_factor == 1;
}

/* Blocks of a file whose finer coefficients are missing are smoothed over their neighbours. */
static bool is_smoothed(const struct jpeg_decompress_struct *d)
{
    if (!d->progressive_mode || !d->coef_bits)
        return false;
    for (int c = 0; c < d->num_components; c++)
        for (int k = 1; k < DCTSIZE2; k++)
            if (d->coef_bits[c][k] != 0)
                return true;
    return false;
}

/* ---- pixels ---- */

/* Pillow's rule for inverted ink: what the paper keeps of one ink and of black. */
static uint8_t mix_ink(int ink, int black)
{
    int t = (255 - ink) * black + 128;
    int taken = ((t >> 8) + t) >> 8;
    return (uint8_t)(black > taken ? black - taken : 0);
}

static void put_pixels(const struct jpeg_decompress_struct *d, const uint8_t *from, size_t n, uint8_t *to)
{
    if (d->out_color_components == 3) {
        memcpy(to, from, n * 3);
        return;
    }
    for (size_t i = 0; i < n; i++, from += 4, to += 3)
        for (int c = 0; c < 3; c++)
            to[c] = mix_ink(from[c], from[3]);
}

/* Decodes and writes the window to the start of the room, with a row of scratch behind it. */
static void read_pixels(reader *r)
{
    struct jpeg_decompress_struct *d = &r->d;
    const qb_box box = qb_format_window(r->job);
    const bool is_whole = box.width == r->job->width && box.height == r->job->height;
    const bool may_end_early = !is_whole && !d->arith_code && is_common_sampling(d) &&
                               (jpeg_has_multiple_scans(d) ||
                                ends_after_scan(r->source.next_input_byte, r->source.next_input_byte + r->source.bytes_in_buffer));
    (void)jpeg_start_decompress(d); /* a file of several scans is read to its end here */
    const bool in_part = may_end_early && !is_smoothed(d);

    JDIMENSION first = 0, top = 0;
    if (in_part) {
        const JDIMENSION side = (JDIMENSION)(d->max_h_samp_factor * DCTSIZE), tall = (JDIMENSION)(d->max_v_samp_factor * DCTSIZE);
        const JDIMENSION left = (JDIMENSION)box.left, end = left + (JDIMENSION)box.width;
        first = left < side ? 0 : left - side;
        JDIMENSION width = (d->image_width - end < side ? d->image_width : end + side) - first;
        jpeg_crop_scanline(d, &first, &width);
        top = (JDIMENSION)box.top / tall;
        top = top < 1 ? 0 : (top - 1) * tall;
        if (top > 0)
            top = jpeg_skip_scanlines(d, top);
    }
    /* The row of scratch lies at an odd place: in an aligned one libjpeg-turbo writes past the caches, and reading it waits. */
    const size_t pixel = (size_t)d->out_color_components, bytes = ((size_t)box.width * (size_t)box.height * 3) | 1;
    int rc = qb_room_reserve(r->job->room, bytes + d->output_width * pixel);
    if (rc < 0)
        fail(r, rc);
    uint8_t *to = r->job->room->bytes;
    JSAMPROW row = to + bytes;
    const int bottom = box.top + box.height;
    for (int y = (int)top; y < (in_part ? bottom : r->job->height); y++) {
        (void)jpeg_read_scanlines(d, &row, 1);
        if (y >= box.top && y < bottom) {
            put_pixels(d, row + ((size_t)box.left - first) * pixel, (size_t)box.width, to);
            to += box.width * 3;
        }
    }
    if (!in_part)
        (void)jpeg_finish_decompress(d);
}

static void run(reader *r)
{
    jpeg_create_decompress(&r->d);
    r->d.src = &r->source;
    r->d.progress = &r->progress;
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

static int read_jpeg(qb_format_job *job)
{
    reader r = {.job = job};
    r.d.err = jpeg_std_error(&r.errors);
    r.d.client_data = &r;
    r.errors.error_exit = error_exit;
    r.errors.emit_message = emit_message;
    r.source = (struct jpeg_source_mgr){.next_input_byte = job->bytes, .bytes_in_buffer = job->n, .init_source = keep_source,
                                        .fill_input_buffer = end_of_data, .skip_input_data = skip_data,
                                        .resync_to_restart = jpeg_resync_to_restart, .term_source = keep_source};
    r.progress.progress_monitor = count_scans;
    run_guarded(&r);
    jpeg_destroy_decompress(&r.d);
    return r.code;
}

const qb_format qb_format_jpeg = {.name = "JPEG", .mark = {0xff, 0xd8, 0xff}, .n_mark = 3, .read = read_jpeg};
