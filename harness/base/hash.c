/* SHA-256 and MD5 of memory and of files, through libmd. */
#include "base/hash.h"

#include "base/err.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <md5.h>
#include <sha2.h>
#include <stdint.h>
#include <unistd.h>

enum { FILE_BUFFER = 1 << 18 }; /* bytes a read() */

struct qb_sha256 {
    SHA2_CTX context;
};

static void write_hex(const uint8_t *digest, size_t n, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        ret_hex[2 * i] = digits[digest[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_hex[2 * n] = '\0';
}

static void sha256_finish(SHA2_CTX *context, char *ret_hex)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Final(digest, context);
    write_hex(digest, sizeof digest, ret_hex);
}

qb_sha256 *qb_sha256_create(void)
{
    qb_sha256 *h = qb_alloc(1, sizeof *h);
    if (h)
        SHA256Init(&h->context);
    return h;
}

void qb_sha256_add(qb_sha256 *h, const void *bytes, size_t n)
{
    SHA256Update(&h->context, bytes, n);
}

void qb_sha256_end(qb_sha256 *h, char ret_hex[QB_SHA256_HEX])
{
    sha256_finish(&h->context, ret_hex);
    qb_free(h);
}

void qb_sha256_of(const void *bytes, size_t n, char ret_hex[QB_SHA256_HEX])
{
    SHA2_CTX context;
    SHA256Init(&context);
    SHA256Update(&context, bytes, n);
    sha256_finish(&context, ret_hex);
}

/* Feeds a file to whichever of the two contexts is given. */
static int feed_file(const char *path, SHA2_CTX *sha256, MD5_CTX *md5)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return qb_err_set_errno("cannot open '%s'", path);
    int rc = QB_OK;
    uint8_t *buffer = qb_alloc(FILE_BUFFER, 1);
    if (!buffer) {
        rc = QB_E_NOMEM;
        goto out;
    }
    for (;;) {
        ssize_t n = read(fd, buffer, FILE_BUFFER);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = qb_err_set_errno("cannot read '%s'", path);
            goto out;
        }
        if (n == 0)
            break;
        if (sha256)
            SHA256Update(sha256, buffer, (size_t)n);
        if (md5)
            MD5Update(md5, buffer, (size_t)n);
    }
out:
    qb_free(buffer);
    (void)close(fd); /* only read from */
    return rc;
}

int qb_sha256_file(const char *path, char ret_hex[QB_SHA256_HEX])
{
    SHA2_CTX context;
    SHA256Init(&context);
    QB_TRY(feed_file(path, &context, NULL));
    sha256_finish(&context, ret_hex);
    return QB_OK;
}

int qb_md5_file(const char *path, char ret_hex[QB_MD5_HEX])
{
    MD5_CTX context;
    MD5Init(&context);
    QB_TRY(feed_file(path, NULL, &context));
    uint8_t digest[MD5_DIGEST_LENGTH];
    MD5Final(digest, &context);
    write_hex(digest, sizeof digest, ret_hex);
    return QB_OK;
}
