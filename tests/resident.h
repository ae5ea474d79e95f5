/* Which memory has been touched so far. */
#ifndef RESIDENT_H
#define RESIDENT_H

#include <check.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Under MALLOC_PERTURB_, which Meson sets, calloc writes to what it takes from the system. */
static inline void leave_fresh_memory_alone(void) { (void)mallopt(M_PERTURB, 0); }

/* Pages of the process that are there. */
static inline int64_t resident_pages(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long long all, resident;
    ck_assert(f && fscanf(f, "%lld %lld", &all, &resident) == 2);
    fclose(f);
    return resident;
}

/* Bytes of the whole pages inside block[0..n) that are there. */
static inline size_t resident_bytes(const void *block, size_t n)
{
    enum { PAGE = 4096 };
    uintptr_t from = ((uintptr_t)block + PAGE - 1) / PAGE * PAGE, to = ((uintptr_t)block + n) / PAGE * PAGE;
    size_t n_pages = (to - from) / PAGE, n_resident = 0;
    unsigned char *is_there = malloc(n_pages);
    ck_assert(is_there && mincore((void *)from, n_pages * PAGE, is_there) == 0);
    for (size_t i = 0; i < n_pages; i++)
        n_resident += is_there[i] & 1;
    free(is_there);
    return n_resident * PAGE;
}

#endif
