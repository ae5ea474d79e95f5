/* SHA-256 (FIPS 180 examples) and MD5 (RFC 1321), of memory and of files. */
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"

#include "qb_test.h"

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

static Suite *suite(void)
{
    Suite *s = suite_create("hash");
    TCase *t = tcase_create("hash");
    tcase_add_loop_test(t, gives_the_published_values, 0, 2);
    tcase_add_test(t, adds_up_pieces);
    tcase_add_test(t, refuses_what_cannot_be_read);
    suite_add_tcase(s, t);
    return s;
}

QB_TEST_MAIN
