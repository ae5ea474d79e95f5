/* What tests read from the plugin `recorder`: every hook call, in order, through solver.extension("recorder.log"). */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdint.h>

typedef struct recorder_event {
    const char *hook;
    int64_t step;
    uint32_t view;
    double lr_sum, fraction;
    float x, w, g, z, aux, level; /* the first of each array; NaN where the pointer is NULL */
} recorder_event;

enum { RECORDER_MAX = 512 };

typedef struct recorder_log {
    int n;
    recorder_event events[RECORDER_MAX];
} recorder_log;

#endif
