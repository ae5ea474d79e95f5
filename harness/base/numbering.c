/* Numbers of texts, in a hash table of Jansson's. See numbering.h. */
#include "base/numbering.h"

#include "base/err.h"

#include <stdint.h>

size_t qb_numbering_find(const qb_numbering *x, const char *text)
{
    const json_t *number = json_object_get(x->numbers, text);
    return number ? (size_t)json_integer_value(number) : SIZE_MAX;
}

static int no_memory(void)
{
    qb_json_forget_failures(); /* said now */
    return qb_err_set(QB_E_NOMEM, "out of memory");
}

int qb_numbering_add(qb_numbering *x, const char *text, size_t *ret_number)
{
    if (!x->numbers && !(x->numbers = json_object()))
        return no_memory();
    size_t number = qb_numbering_find(x, text);
    if (number == SIZE_MAX) {
        if (json_object_set_new_nocheck(x->numbers, text, json_integer((json_int_t)x->n)) != 0)
            return no_memory();
        number = x->n++;
    }
    *ret_number = number;
    return QB_OK;
}

void qb_numbering_finish(qb_numbering *x)
{
    json_decref(x->numbers);
    *x = (qb_numbering){0};
}
