/* See user_places.h. */
#include "base/user_places.h"

static const qb_user_places none;
static const qb_user_places *in_force = &none;

const qb_user_places *qb_user_places_get(void)
{
    return in_force;
}

void qb_user_places_set(const qb_user_places *places)
{
    in_force = places;
}
