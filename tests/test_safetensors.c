/* safetensors: round trips, and a refusal for every way a file can be damaged. */
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/safetensors.h"
#include "base/str.h"

#include "qb_test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[32];

static void make_file(void)
{
    strcpy(path, "/tmp/qb-st-XXXXXX");
    close(mkstemp(path));
}

static void remove_file(void)
{
    unlink(path);
}

static const float weights[6] = {1, -2, 3.5f, 0, 1e-30f, -0.0f};
static const int64_t counter = 12345678901;
static const uint8_t flags[3] = {1, 0, 255};

static const qb_st_tensor tensors[] = {
    {.name = "num_batches", .dtype = QB_I64, .n_dims = 0, .data = &counter},
    {.name = "conv.weight", .dtype = QB_F32, .n_dims = 2, .shape = {2, 3}, .data = weights},
    {.name = "nothing", .dtype = QB_F64, .n_dims = 3, .shape = {4, 0, 2}, .data = NULL},
    {.name = "\"odd\" \xC3\xA9", .dtype = QB_U8, .n_dims = 1, .shape = {3}, .data = flags},
};
enum { N_TENSORS = 4 };

START_TEST(goes_round)
{
    char sha256[QB_SHA256_HEX], of_file[QB_SHA256_HEX];
    json_t *metadata = json_pack("{s:s, s:s}", "format", "pt", "note", "a \"quoted\" text");
    ck_assert_int_eq(qb_safetensors_write(path, tensors, N_TENSORS, metadata, sha256), QB_OK);
    ck_assert_int_eq(qb_sha256_file(path, of_file), QB_OK);
    ck_assert_str_eq(sha256, of_file);
    qb_safetensors f;
    ck_assert_int_eq(qb_safetensors_read(path, &f), QB_OK);
    ck_assert_uint_eq(f.n, N_TENSORS);
    ck_assert(json_equal(f.metadata, metadata));
    for (size_t i = 0; i < N_TENSORS; i++) {
        const qb_st_tensor *t = qb_safetensors_find(&f, tensors[i].name);
        ck_assert_ptr_nonnull(t);
        ck_assert_int_eq(t->dtype, tensors[i].dtype);
        ck_assert_int_eq(t->n_dims, tensors[i].n_dims);
        for (int d = 0; d < t->n_dims; d++)
            ck_assert_int_eq(t->shape[d], tensors[i].shape[d]);
        ck_assert_uint_eq(t->n_bytes, t->n_elements * qb_dtype_size(t->dtype));
        ck_assert(t->n_bytes == 0 || memcmp(t->data, tensors[i].data, t->n_bytes) == 0);
    }
    ck_assert_uint_eq((size_t)((const char *)f.tensors[0].data - f.block) % 8, 0);
    ck_assert_ptr_null(qb_safetensors_find(&f, "none"));
    qb_safetensors_finish(&f);
    qb_safetensors_finish(&f);
    json_decref(metadata);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(goes_round_empty)
{
    qb_safetensors f;
    ck_assert_int_eq(qb_safetensors_write(path, NULL, 0, NULL, NULL), QB_OK);
    ck_assert_int_eq(qb_safetensors_read(path, &f), QB_OK);
    ck_assert_uint_eq(f.n, 0);
    ck_assert(json_is_object(f.metadata) && json_object_size(f.metadata) == 0);
    qb_safetensors_finish(&f);
}
END_TEST

/* A file cut anywhere, in the header or in the data, is refused. */
START_TEST(refuses_every_truncation)
{
    char *bytes;
    size_t n;
    ck_assert_int_eq(qb_safetensors_write(path, tensors, N_TENSORS, NULL, NULL), QB_OK);
    ck_assert_int_eq(qb_fs_read(path, 10000, &bytes, &n), QB_OK);
    for (size_t cut = 0; cut < n; cut++) {
        qb_safetensors f = {0};
        char *exact = malloc(cut); /* so that a read behind the end is seen by the sanitizer */
        memcpy(exact, bytes, cut);
        ck_assert_int_eq(qb_safetensors_parse(exact, cut, "cut", &f), QB_E_DATA);
        ck_assert(qb_starts_with(qb_err_text(), "cut: "));
        ck_assert_ptr_null(f.block);
        free(exact);
    }
    qb_free(bytes);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

/* Any flipped bit of the header is refused or still gives ranges inside of the file. */
START_TEST(survives_every_flipped_bit)
{
    char *bytes;
    size_t n;
    ck_assert_int_eq(qb_safetensors_write(path, tensors, N_TENSORS, NULL, NULL), QB_OK);
    ck_assert_int_eq(qb_fs_read(path, 10000, &bytes, &n), QB_OK);
    size_t n_header = 8 + (size_t)(unsigned char)bytes[0] + 256 * (size_t)(unsigned char)bytes[1];
    for (size_t bit = 0; bit < 8 * n_header; bit++) {
        qb_safetensors f = {0};
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        int rc = qb_safetensors_parse(bytes, n, "flip", &f);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ 1 << bit % 8);
        ck_assert(rc == QB_OK || rc == QB_E_DATA);
        for (size_t i = 0; i < f.n; i++) {
            const char *data = f.tensors[i].data;
            ck_assert(data >= f.block && data + f.tensors[i].n_bytes <= f.block + f.n_block);
        }
        qb_safetensors_finish(&f);
    }
    qb_free(bytes);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

#define F32(name, shape, begin, end) "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static const struct {
    const char *header;
    size_t n_data;
    const char *error; /* part of the text; NULL: the file is fine */
} headers[] = {
    {"{" F32("a", "[2]", 0, 8) "}", 8, NULL},
    {"{" F32("a", "[2]", 0, 8) "}    ", 8, NULL},
    {"{" F32("b", "[1]", 4, 8) "," F32("a", "[1]", 0, 4) "}", 8, NULL},
    {"{" F32("z", "[0]", 4, 4) "," F32("b", "[1]", 4, 8) "," F32("a", "[1]", 0, 4) "}", 8, NULL},
    {"{" F32("a", "[]", 0, 4) "}", 4, NULL},
    {"{}", 0, NULL},
    {"{" F32("a", "[2]", 0, 8) "}", 12, "the tensors end at byte 8 of the data: expected 12, the end of the file"},
    {"{" F32("a", "[1]", 4, 8) "}", 8, "'a' begins at byte 4 of the data: expected 0, so there is a hole"},
    {"{" F32("a", "[1]", 0, 4) "," F32("b", "[1]", 8, 12) "}", 12, "expected 4, so there is a hole"},
    {"{" F32("a", "[2]", 0, 8) "," F32("b", "[2]", 4, 12) "}", 12, "expected 8, so there is an overlap"},
    {"{" F32("a", "[1]", 0, 4) "," F32("b", "[1]", 0, 4) "}", 4, "expected 4, so there is an overlap"},
    {"{" F32("a", "[2]", 0, 12) "}", 12, "tensor 'a': data_offsets: expected 8 bytes by shape and dtype, got 12"},
    {"{" F32("a", "[2]", 0, 8) "}", 4, "expected a range within the 4 bytes of data, got [0, 8]"},
    {"{" F32("a", "[2]", 8, 0) "}", 8, "got [8, 0]"},
    {"{" F32("a", "[2]", -8, 0) "}", 8, "got [-8, 0]"},
    {"{" F32("a", "[-1]", 0, 8) "}", 8, "shape: expected whole numbers of at least 0"},
    {"{" F32("a", "[1.5]", 0, 8) "}", 8, "shape: expected whole numbers of at least 0"},
    {"{" F32("a", "2", 0, 8) "}", 8, "shape: expected a list, got a whole number"},
    {"{" F32("a", "[1,1,1,1,1,1,1,1,1]", 0, 4) "}", 4, "shape: expected at most 8 dimensions, got 9"},
    {"{" F32("a", "[4294967296,4294967296]", 0, 8) "}", 8, "the number of elements does not fit"},
    {"{" F32("a", "[4294967296,2147483648]", 0, 8) "}", 8, "the number of bytes does not fit"},
    {"{" F32("a", "[1]", 0, 4) "," F32("a", "[1]", 4, 8) "}", 8, "duplicate object key"},
    {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype: expected one of F32,"},
    {"{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, "got 'C64'"},
    {"{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype: expected a string, got a whole number"},
    {"{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype: expected a string, got nothing"},
    {"{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "shape: expected a list, got nothing"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "data_offsets: expected [begin, end]"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4, "data_offsets: expected [begin, end]"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "got 4 members"},
    {"{\"a\":[]}", 0, "tensor 'a': expected an object, got a list"},
    {"{\"__metadata__\":{\"a\":1}}", 0, "__metadata__: 'a': expected a string, got a whole number"},
    {"{\"__metadata__\":[]}", 0, "__metadata__: expected an object, got a list"},
    {"[]", 0, "header: expected a JSON object that begins at byte 8"},
    {" {}", 0, "header: expected a JSON object that begins at byte 8"},
    {"", 0, "header: expected a JSON object that begins at byte 8"},
    {"{}x", 0, "not valid JSON"},
    {"{\"a\":}", 0, "x (header):1:6: not valid JSON"},
    {"{\"\xFF\":1}", 0, "not valid JSON"},
};

START_TEST(checks_the_header)
{
    static char file[2000];
    uint64_t n_header = strlen(headers[_i].header);
    memcpy(file, &n_header, 8);
    memcpy(file + 8, headers[_i].header, n_header);
    qb_safetensors f = {0};
    int rc = qb_safetensors_parse(file, 8 + n_header + headers[_i].n_data, "x", &f);
    if (!headers[_i].error) {
        ck_assert_msg(rc == QB_OK, "%s", qb_err_text());
    } else {
        ck_assert_int_eq(rc, QB_E_DATA);
        ck_assert(qb_starts_with(qb_err_text(), "x: "));
        ck_assert_msg(strstr(qb_err_text(), headers[_i].error) != NULL, "%s", qb_err_text());
    }
    qb_safetensors_finish(&f);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

static const uint64_t lengths[] = {3, 100000001, (uint64_t)1 << 63, UINT64_MAX, UINT64_MAX - 7};

START_TEST(refuses_a_huge_header_length)
{
    char file[10] = "";
    qb_safetensors f = {0};
    memcpy(file, &lengths[_i], 8);
    memcpy(file + 8, "{}", 2);
    ck_assert_int_eq(qb_safetensors_parse(file, sizeof file, "x", &f), QB_E_DATA);
    char *expected = qb_sprintf("x: header length: expected at most 2 bytes, found %llu", (unsigned long long)lengths[_i]);
    ck_assert_str_eq(qb_err_text(), expected);
    qb_free(expected);
}
END_TEST

START_TEST(refuses_missing_files)
{
    qb_safetensors f;
    ck_assert_int_eq(qb_safetensors_read("/nonexistent/x", &f), QB_E_NOINPUT);
    ck_assert_int_eq(qb_safetensors_read("/tmp", &f), QB_E_IO);
    ck_assert_int_eq(qb_safetensors_read("/dev/null", &f), QB_E_DATA); /* as of a pipe, which waits for a writer when opened */
    ck_assert_str_eq(qb_err_text(), "/dev/null: is not a regular file");
    ck_assert_int_eq(qb_safetensors_write("/nonexistent/x", tensors, 1, NULL, NULL), QB_E_IO);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(writes_under_failing_allocations)
{
    int rc = QB_E_NOMEM;
    for (long nth = 1; rc != QB_OK; nth++) {
        char hex[QB_SHA256_HEX] = "";
        qb_mem_fail_at(nth, 0);
        rc = qb_safetensors_write(path, tensors, N_TENSORS, NULL, hex);
        qb_mem_fail_at(0, 0);
        ck_assert(rc == QB_OK || rc == QB_E_NOMEM);
        ck_assert_int_eq(hex[0] != '\0', rc == QB_OK);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
    }
}
END_TEST

START_TEST(asserts_distinct_names)
{
    qb_st_tensor twice[2] = {tensors[0], tensors[0]};
    (void)qb_safetensors_write(path, twice, 2, NULL, NULL);
}
END_TEST

#define N(table) (int)(sizeof table / sizeof *table)

static Suite *suite(void)
{
    Suite *s = suite_create("safetensors");
    TCase *t = tcase_create("safetensors");
    tcase_add_checked_fixture(t, make_file, remove_file);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, goes_round);
    tcase_add_test(t, goes_round_empty);
    tcase_add_test(t, refuses_every_truncation);
    tcase_add_test(t, survives_every_flipped_bit);
    tcase_add_loop_test(t, checks_the_header, 0, N(headers));
    tcase_add_loop_test(t, refuses_a_huge_header_length, 0, N(lengths));
    tcase_add_test(t, refuses_missing_files);
    tcase_add_test(t, writes_under_failing_allocations);
    tcase_add_test_raise_signal(t, asserts_distinct_names, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
