/* safetensors: a JSON header and raw little-endian tensors back to back.
 * Reading checks everything: header length, JSON, dtype, shape x size = range, no hole, no overlap, file size.
 */
#ifndef QB_SAFETENSORS_H
#define QB_SAFETENSORS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

typedef enum qb_dtype { QB_F32 = 1, QB_F64, QB_I32, QB_I64, QB_U8, QB_DTYPE_BF16, QB_U32, QB_U64, QB_F16, QB_I8, QB_I16, QB_U16, QB_BOOL } qb_dtype;
size_t qb_dtype_size(qb_dtype t);
const char *qb_dtype_name(qb_dtype t); /* "F32" */

enum { QB_MAX_DIMS = 8 };

typedef struct qb_st_tensor {
    const char *name;
    qb_dtype dtype;
    int n_dims;
    int64_t shape[QB_MAX_DIMS];
    size_t n_elements, n_bytes;
    const void *data; /* when read: into the file's block, borrowed, aligned as the file aligns it (may be odd): memcpy out */
} qb_st_tensor;

typedef struct qb_safetensors {
    qb_st_tensor *tensors; /* in order of offset */
    size_t n;
    json_t *metadata; /* object of strings; empty object when absent */
    char *block;      /* the file */
    size_t n_block;
} qb_safetensors;

/* QB_E_NOINPUT, QB_E_IO, QB_E_DATA with the path, what was expected and what was found. */
int qb_safetensors_read(const char *path, qb_safetensors *ret);
int qb_safetensors_parse(const void *bytes, size_t n, const char *name_for_errors, qb_safetensors *ret); /* copies */
void qb_safetensors_finish(qb_safetensors *f);
const qb_st_tensor *qb_safetensors_find(const qb_safetensors *f, const char *name); /* NULL: not there */

/* Writes the tensors in the order given, header padded to a multiple of 8, atomically. metadata may be NULL
 * (else an object of strings, borrowed). Shape and dtype say how many bytes are written; n_elements and n_bytes
 * are not read. Names are distinct UTF-8, not "__metadata__". ret_sha256 (65 bytes) may be NULL: hash of the whole file. */
int qb_safetensors_write(const char *path, const qb_st_tensor *tensors, size_t n, const json_t *metadata, char *ret_sha256);

/* The same bytes in memory, for a file that a user names (qb_fs_write_output). Caller frees. QB_E_NOMEM. */
int qb_safetensors_build(const qb_st_tensor *tensors, size_t n, const json_t *metadata, char **ret_bytes, size_t *ret_n);

#endif
