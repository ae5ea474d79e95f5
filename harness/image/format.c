#include "image/format.h"

#include "base/err.h"

int qb_format_check_size(double height, double width)
{
    if (height < 1 || width < 1)
        return qb_err_set(QB_E_DATA, "has no pixels (%.0f x %.0f)", width, height);
    if (height * width > QB_DECODE_PIXELS)
        return qb_err_set(QB_E_DATA, "%.0f x %.0f pixels are more than the %d that are read", width, height, QB_DECODE_PIXELS);
    return 0;
}

qb_box qb_format_window(const qb_format_job *job)
{
    if (!job->window)
        return (qb_box){.width = job->width, .height = job->height};
    const qb_box w = *job->window;
    QB_ASSERT(w.left >= 0 && w.top >= 0 && w.width >= 1 && w.height >= 1);
    QB_ASSERT(w.width <= job->width - w.left && w.height <= job->height - w.top);
    return w;
}
