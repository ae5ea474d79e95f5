/* SHA-256 (FIPS 180 examples) and MD5 (RFC 1321), of memory and of files; CRC-32C (RFC 3720) and the records that it guards. */
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/tfevents.h"

#include "qb_test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text, *sha256, *md5;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "d41d8cd98f00b204e9800998ecf8427e"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "900150983cd24fb0d6963f7d28e17f72"},
};

START_TEST(gives_the_published_values)
{
    char path[] = "/tmp/qb-hash-XXXXXX", sha256[QB_SHA256_HEX], md5[QB_MD5_HEX];
    const char *text = vectors[_i].text;
    qb_sha256_of(text, strlen(text), sha256);
    ck_assert_str_eq(sha256, vectors[_i].sha256);
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    ck_assert_int_eq(qb_sha256_file(path, sha256), QB_OK);
    ck_assert_str_eq(sha256, vectors[_i].sha256);
    ck_assert_int_eq(qb_md5_file(path, md5), QB_OK);
    ck_assert_str_eq(md5, vectors[_i].md5);
    unlink(path);
}
END_TEST

/* A million times 'a', in pieces of changing size: longer than one read of a file. */
START_TEST(adds_up_pieces)
{
    static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
    enum { N = 1000000 };
    char path[] = "/tmp/qb-hash-XXXXXX", hex[QB_SHA256_HEX], *text = malloc(N);
    memset(text, 'a', N);
    qb_sha256 *h = qb_sha256_create();
    for (size_t done = 0, piece = 1; done < N; done += piece, piece = piece * 2 < N - done ? piece * 2 : N - done)
        qb_sha256_add(h, text + done, piece);
    qb_sha256_end(h, hex);
    ck_assert_str_eq(hex, million);
    close(mkstemp(path));
    ck_assert_int_eq(qb_fs_write_atomic(path, text, N), QB_OK);
    ck_assert_int_eq(qb_sha256_file(path, hex), QB_OK);
    ck_assert_str_eq(hex, million);
    unlink(path);
    free(text);
    ck_assert_int_eq(qb_mem_live_blocks(), 0);
}
END_TEST

START_TEST(refuses_what_cannot_be_read)
{
    char hex[QB_SHA256_HEX] = "unchanged";
    ck_assert_int_eq(qb_sha256_file("/nonexistent/file", hex), QB_E_NOINPUT);
    ck_assert_int_eq(qb_sha256_file("/tmp", hex), QB_E_IO);
    ck_assert_int_eq(qb_md5_file("/nonexistent/file", hex), QB_E_NOINPUT);
    ck_assert_str_eq(hex, "unchanged");
}
END_TEST

static const struct {
    unsigned char first;
    int step; /* from byte to byte */
    uint32_t crc;
} crcs[] = {{0, 0, 0x8a9136aa}, {0xff, 0, 0x62a8ab43}, {0, 1, 0x46dd794e}, {31, -1, 0x113fdb5c}}; /* of 32 bytes */

START_TEST(gives_the_published_crcs)
{
    unsigned char bytes[32];
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(crcs[_i].first + i * crcs[_i].step);
    ck_assert_uint_eq(qb_crc32c(bytes, 32), crcs[_i].crc);
    ck_assert_uint_eq(qb_crc32c("123456789", 9), 0xe3069283);
    ck_assert_uint_eq(qb_crc32c("", 0), 0);
}
END_TEST

/* What TensorBoard's own RecordWriter and messages made of the same events. */
static const char events[] =
    "1800000000000000a37f4b22090000a0c9d9c2da411a0d627261696e2e4576656e743a327773bb750d000000000000003c37b834"
    "090000a0c9d9c2da413a020801102af2773200000000000000241956ec090000d0c9d9c2da4110ac022a240a110a0a747261696e"
    "2f6c6f737315000020400a0f0a08747261696e2f6c7215cdcccc3d3679f4f4a0000000000000002a55722509000000cad9c2da41"
    "108080808080202a8d010a8a010a8201747474747474747474747474747474747474747474747474747474747474747474747474"
    "74747474747474747474747474747474747474747474747474747474747474747474747474747474747474747474747474747474"
    "747474747474747474747474747474747474747474747474747474747474747474747474747474747474150000c07f26a0b880";

START_TEST(writes_events_as_tensorboard_does)
{
    qb_str file = {0}, hex = {0};
    char tag[131];
    memset(tag, 't', 130);
    tag[130] = '\0'; /* its length takes two bytes */
    qb_tfevents_begin(&file, 1795909414.5);
    qb_tfevents_add(&file, 1795909415.25, 300, (qb_tf_scalar[]){{"train/loss", 2.5f}, {"train/lr", 0.1f}}, 2);
    qb_tfevents_add(&file, 1795909416, (int64_t)1 << 40, (qb_tf_scalar[]){{tag, NAN}}, 1);
    for (size_t i = 0; i < file.length; i++)
        qb_str_addf(&hex, "%02x", (unsigned char)file.text[i]);
    ck_assert_str_eq(hex.text, events);
    qb_str_finish(&hex);
    qb_str_finish(&file);
}
END_TEST

/* A file without a record is none: a lack of memory sticks, whichever block it was. */
START_TEST(notices_a_lack_of_memory)
{
    for (long nth = 1;; nth++) {
        qb_str file = {0};
        qb_mem_fail_at(nth, 0);
        qb_tfevents_begin(&file, 1);
        qb_tfevents_add(&file, 2, 3, (qb_tf_scalar[]){{"a", 1}, {"b", 2}}, 2);
        qb_mem_fail_at(0, 0);
        bool failed = file.failed;
        qb_str_finish(&file);
        ck_assert_int_eq(qb_mem_live_blocks(), 0);
        if (!failed)
            break;
        ck_assert_int_lt(nth, 100);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hash");
    TCase *t = tcase_create("hash");
    tcase_add_loop_test(t, gives_the_published_values, 0, 2);
    tcase_add_test(t, adds_up_pieces);
    tcase_add_test(t, refuses_what_cannot_be_read);
    tcase_add_loop_test(t, gives_the_published_crcs, 0, 4);
    tcase_add_test(t, writes_events_as_tensorboard_does);
    tcase_add_test(t, notices_a_lack_of_memory);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
