/* One value of an activation of either type. */
#ifndef QB_VALUE_H
#define QB_VALUE_H

#include "engine/bf16.h"
#include "engine/dnn.h"

static inline float qb_value_load(const void *x, qb_type type, int64_t i)
{
    return type == QB_TYPE_F32 ? ((const float *)x)[i] : qb_bf16_to_float(((const uint16_t *)x)[i]);
}

static inline void qb_value_store(void *x, qb_type type, int64_t i, float v)
{
    if (type == QB_TYPE_F32)
        ((float *)x)[i] = v;
    else
        ((uint16_t *)x)[i] = qb_bf16_from_float(v);
}

#endif
