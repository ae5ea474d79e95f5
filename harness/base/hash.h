/* SHA-256 and MD5 (libmd), as lower-case hex. */
#ifndef QB_HASH_H
#define QB_HASH_H

#include <stddef.h>

enum { QB_SHA256_HEX = 65, QB_MD5_HEX = 33 };

typedef struct qb_sha256 qb_sha256; /* incremental */
qb_sha256 *qb_sha256_create(void);  /* NULL: out of memory */
void qb_sha256_add(qb_sha256 *h, const void *bytes, size_t n);
void qb_sha256_end(qb_sha256 *h, char ret_hex[QB_SHA256_HEX]); /* also destroys h */

void qb_sha256_of(const void *bytes, size_t n, char ret_hex[QB_SHA256_HEX]);
int qb_sha256_file(const char *path, char ret_hex[QB_SHA256_HEX]); /* QB_E_IO, QB_E_NOINPUT */
int qb_md5_file(const char *path, char ret_hex[QB_MD5_HEX]);

#endif
