/* Aligned, zeroed, counted blocks.
 *
 * Invariant: a block is preceded by one aligned unit that holds its size and where its memory begins; `live` is the
 * number of units not given back.
 */
#include "base/mem.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, LARGE = 256 << 10, HUGE_PAGE = 2 << 20 };

typedef struct head {
    void *base;
    size_t n_bytes;
} head;

static atomic_long live, calls;
static atomic_long fail_countdown; /* 1 = the next call fails; 0 = off */
static atomic_bool fail_from_then_on;

static head *head_of(void *block)
{
    return (head *)((char *)block - ALIGNMENT);
}

static bool must_fail(void)
{
    long left = atomic_load(&fail_countdown);
    while (left > 0) {
        bool stays = left == 1 && atomic_load(&fail_from_then_on);
        if (stays || atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
            return left == 1;
    }
    return false;
}

/* Asks for huge pages for the whole ones inside a large block, before it is touched. Only advice: where the kernel has
 * none, nothing changes. Passes over activations that memory limits (BatchNorm) are a tenth faster with them. */
static void advise_huge_pages(void *base, size_t n_bytes)
{
    uintptr_t from = ((uintptr_t)base + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE, to = ((uintptr_t)base + n_bytes) / HUGE_PAGE * HUGE_PAGE;
    if (to > from)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
}

/* Large memory is not written to: calloc takes it from the system, where it is zero, and its pages have no place yet. */
static char *allocate_large(size_t n_bytes)
{
    char *base = calloc(1, 2 * ALIGNMENT + n_bytes);
    if (!base)
        return NULL;
    if (n_bytes >= 2 * HUGE_PAGE)
        advise_huge_pages(base, 2 * ALIGNMENT + n_bytes);
    char *block = base + 2 * ALIGNMENT - (uintptr_t)base % ALIGNMENT;
    head_of(block)->base = base;
    return block;
}

/* Ends where its memory ends, so that sanitizers see the first byte too far. */
static char *allocate_small(size_t n_bytes)
{
    void *base;
    size_t n_behind = n_bytes ? n_bytes : 1; /* an empty block too lies inside its memory, so that leak checkers see it held */
    if (posix_memalign(&base, ALIGNMENT, ALIGNMENT + n_behind) != 0)
        return NULL;
    char *block = (char *)base + ALIGNMENT;
    head_of(block)->base = base;
    return memset(block, 0, n_bytes);
}

void *qb_alloc(size_t count, size_t size)
{
    atomic_fetch_add(&calls, 1);
    size_t n_bytes;
    if (__builtin_mul_overflow(count, size, &n_bytes) || n_bytes > SIZE_MAX - 2 * ALIGNMENT) {
        (void)qb_err_set(QB_E_NOMEM, "out of memory: %zu elements of %zu bytes asked for", count, size);
        return NULL;
    }
    char *block = must_fail() ? NULL : n_bytes >= LARGE ? allocate_large(n_bytes) : allocate_small(n_bytes);
    if (!block) {
        (void)qb_err_set(QB_E_NOMEM, "out of memory: %zu bytes asked for", n_bytes);
        return NULL;
    }
    atomic_fetch_add(&live, 1);
    head_of(block)->n_bytes = n_bytes;
    return block;
}

void *qb_realloc(void *block, size_t count, size_t size)
{
    char *grown = qb_alloc(count, size);
    if (!grown || !block)
        return grown;
    size_t n_new = head_of(grown)->n_bytes, n_old = head_of(block)->n_bytes;
    memcpy(grown, block, n_old < n_new ? n_old : n_new);
    qb_free(block);
    return grown;
}

void qb_free(void *block)
{
    if (!block)
        return;
    atomic_fetch_sub(&live, 1);
    free(head_of(block)->base);
}

void *qb_alloc_plain(size_t n_bytes)
{
    atomic_fetch_add(&calls, 1);
    void *block = must_fail() ? NULL : malloc(n_bytes ? n_bytes : 1);
    if (!block) {
        (void)qb_err_set(QB_E_NOMEM, "out of memory: %zu bytes asked for", n_bytes);
        return NULL;
    }
    atomic_fetch_add(&live, 1);
    return block;
}

void qb_free_plain(void *block)
{
    if (!block)
        return;
    atomic_fetch_sub(&live, 1);
    free(block);
}

char *qb_strdup(const char *text)
{
    return qb_strndup(text, strlen(text));
}

char *qb_strndup(const char *text, size_t n)
{
    n = strnlen(text, n);
    char *copy = qb_alloc(n + 1, 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, n);
    return copy;
}

char *qb_sprintf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    QB_ASSERT(n >= 0);
    char *text = qb_alloc((size_t)n + 1, 1);
    if (!text)
        return NULL;
    va_start(args, fmt);
    (void)vsnprintf(text, (size_t)n + 1, fmt, args); /* the length is known from the first pass */
    va_end(args);
    return text;
}

long qb_mem_live_blocks(void)
{
    return atomic_load(&live);
}

long qb_mem_calls(void)
{
    return atomic_load(&calls);
}

void qb_mem_fail_at(long nth, int from_then_on)
{
    atomic_store(&fail_from_then_on, from_then_on != 0);
    atomic_store(&fail_countdown, nth > 0 ? nth : 0);
}
