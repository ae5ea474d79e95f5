/* Archives that libFuzzer invents, as ImageNet's: members within the archive, or an error with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "datasets/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef struct place {
    const uint8_t *bytes;
    size_t n;
    unsigned sum; /* so that the bytes are read */
} place;

static int member(void *context, const qb_member *m)
{
    place *p = context;
    if (m->at < 0 || m->size < 0 || (uint64_t)m->at > p->n || (uint64_t)m->size > p->n - (uint64_t)m->at || m->name[0] == '/')
        abort();
    for (int64_t i = 0; i < m->size; i++)
        p->sum += p->bytes[m->at + i];
    place inner = {p->bytes + m->at, (size_t)m->size, 0};
    if (m->size > 0 && inner.bytes != p->bytes) /* an archive in the archive, as often as not a bad one */
        (void)qb_tar_each("inner", inner.bytes, inner.n, member, &inner);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    place p = {bytes, n, 0};
    const int rc = n > 0 ? qb_tar_each("fuzz", bytes, n, member, &p) : 0;
    if (rc != 0 && (rc != QB_E_DATA || qb_err_text()[0] == '\0'))
        abort();
    return 0;
}
