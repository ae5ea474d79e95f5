/* Tar archives, made in memory. */
#ifndef QB_TAR_FILES_H
#define QB_TAR_FILES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

typedef enum qb_tar_form { TAR_USTAR = 1, TAR_GNU, TAR_PAX } qb_tar_form;

static inline void add_padded(qb_str *tar, const void *bytes, size_t n)
{
    static const char zeros[512];
    qb_str_addn(tar, bytes, n);
    qb_str_addn(tar, zeros, (512 - n % 512) % 512);
}

static inline void add_header(qb_str *tar, const char *name, size_t size, char type, bool is_gnu)
{
    char h[512] = {0};
    unsigned sum = 0;
    memcpy(h, name, strlen(name) < 100 ? strlen(name) : 100);
    snprintf(h + 100, 8, "%07o", 0644u);
    snprintf(h + 108, 8, "%07o", 0u);
    snprintf(h + 116, 8, "%07o", 0u);
    snprintf(h + 124, 12, "%011o", (unsigned)size);
    snprintf(h + 136, 12, "%011o", 0u);
    memset(h + 148, ' ', 8);
    h[156] = type;
    memcpy(h + 257, is_gnu ? "ustar  " : "ustar\0" "00", 8);
    for (int i = 0; i < 512; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    qb_str_addn(tar, h, 512);
}

/* A member; ustar takes names of up to 100 bytes here. */
static inline void tar_add(qb_str *tar, qb_tar_form form, const char *name, const void *bytes, size_t n)
{
    if (form == TAR_GNU) {
        add_header(tar, "././@LongLink", strlen(name) + 1, 'L', true);
        add_padded(tar, name, strlen(name) + 1);
    } else if (form == TAR_PAX) {
        char record[2048];
        size_t length = strlen(name) + 8, digits = 1;
        while (length + digits > (digits == 1 ? 9u : digits == 2 ? 99u : 999u))
            digits++;
        length = (size_t)snprintf(record, sizeof record, "%zu path=%s\n", strlen(name) + 7 + digits, name);
        if (length != strlen(name) + 7 + digits)
            abort();
        add_header(tar, "PaxHeaders/x", length, 'x', false);
        add_padded(tar, record, length);
    }
    add_header(tar, name, n, '0', form == TAR_GNU);
    add_padded(tar, bytes, n);
}

static inline void tar_end(qb_str *tar)
{
    static const char zeros[1024];
    qb_str_addn(tar, zeros, sizeof zeros);
    if (tar->failed)
        abort();
}

#endif
