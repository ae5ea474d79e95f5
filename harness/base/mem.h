/* Memory: every block of ours comes from here, so that tests can count blocks and make the n-th
 * allocation fail. Blocks are zeroed and 64-byte aligned (a cache line, an AVX-512 vector).
 */
#ifndef QB_MEM_H
#define QB_MEM_H

#include <stddef.h>

/* `count` elements of `size` bytes, zeroed. NULL with QB_E_NOMEM set when count * size overflows or
 * memory is short. count = 0 gives a valid block. Free with qb_free.
 * Large blocks (from 256 KiB on) are not touched: where a machine has several memory nodes, each of their pages comes to
 * rest on that of the thread that first writes to it. */
void *qb_alloc(size_t count, size_t size);

/* Resizes a block of qb_alloc to `count` elements; bytes past the old size are zero.
 * On failure returns NULL and leaves `block` as it was. block may be NULL. */
void *qb_realloc(void *block, size_t count, size_t size);

void qb_free(void *block); /* NULL is fine */

/* The same for a library that asks for many small blocks (Jansson): aligned as malloc's, not zeroed, without a word beside
 * them. Free with qb_free_plain. */
void *qb_alloc_plain(size_t n_bytes);
void qb_free_plain(void *block); /* NULL is fine */

char *qb_strdup(const char *text);                                             /* NULL: out of memory */
char *qb_strndup(const char *text, size_t n);
char *qb_sprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* NULL: out of memory */

/* Statistics and fault injection, for tests. */
long qb_mem_live_blocks(void);                /* blocks not freed yet */
long qb_mem_calls(void);                      /* allocations so far   */
void qb_mem_fail_at(long nth, int from_then_on); /* the nth call from now (1 = next) fails; 0 = off */

#endif
