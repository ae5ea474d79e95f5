/* Archives that libFuzzer invents, as ImageNet's: members within the archive, or an error with a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../tar_files.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "datasets/tar.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* An archive of each form to start from, with another one in it. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    for (int form = TAR_USTAR; form <= TAR_PAX; form++) {
        qb_str inner = {0}, tar = {0};
        tar_add(&inner, (qb_tar_form)form, "1.JPEG", "abc", 3);
        tar_end(&inner);
        tar_add(&tar, (qb_tar_form)form, "n01440764.tar", inner.text, inner.length);
        tar_add(&tar, (qb_tar_form)form, "a folder/2.JPEG", "defgh", 5);
        tar_end(&tar);
        char *path = qb_sprintf("%s/tar-%d", (*argv)[*argc - 1], form);
        if (qb_fs_write_atomic(path, tar.text, tar.length) < 0)
            abort();
        qb_free(path);
        qb_str_finish(&inner);
        qb_str_finish(&tar);
    }
    return 0;
}

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
