#include "image/augment.h"

#include <math.h>
#include <string.h>

#include "base/err.h"
#include "image/colour.h"
#include "image/warp.h"

static const char *const names[QB_N_OPERATIONS] = {"AutoContrast", "Equalize", "Invert", "Rotate", "Posterize",
                                                   "Solarize", "SolarizeAdd", "Color", "Contrast", "Brightness",
                                                   "Sharpness", "ShearX", "ShearY", "TranslateX", "TranslateY"};

const char *qb_operation_name(qb_operation op)
{
    QB_ASSERT(op >= 1 && (int)op <= QB_N_OPERATIONS);
    return names[op - 1];
}

double qb_operation_argument(qb_operation op, double m, bool negate)
{
    const double part = m / 10, sign = negate ? -1 : 1;
    switch (op) {
    case QB_AUTO_CONTRAST:
    case QB_EQUALIZE:
    case QB_INVERT:
        return 0;
    case QB_ROTATE:
        return sign * (part * 30);
    case QB_POSTERIZE:
        return 4 - trunc(part * 4);
    case QB_SOLARIZE:
        return 256 - fmin(256, trunc(part * 256));
    case QB_SOLARIZE_ADD:
        return fmin(128, trunc(part * 110));
    case QB_COLOR:
    case QB_CONTRAST:
    case QB_BRIGHTNESS:
    case QB_SHARPNESS:
        return fmax(0.1, 1 + sign * (part * 0.9));
    case QB_SHEAR_X:
    case QB_SHEAR_Y:
        return sign * (part * 0.3);
    case QB_TRANSLATE_X:
    case QB_TRANSLATE_Y:
        return sign * (part * 0.45);
    }
    return 0;
}

void qb_augment(qb_operation op, double argument, const uint8_t *from, int height, int width, uint8_t *to)
{
    const size_t n = (size_t)height * (size_t)width;
    switch (op) {
    case QB_AUTO_CONTRAST:
        qb_colour_auto_contrast(from, n, to);
        break;
    case QB_EQUALIZE:
        qb_colour_equalize(from, n, to);
        break;
    case QB_INVERT:
        qb_colour_invert(from, n, to);
        break;
    case QB_ROTATE:
        qb_warp_rotate(argument, from, height, width, to);
        break;
    case QB_POSTERIZE:
        qb_colour_posterize((int)argument, from, n, to);
        break;
    case QB_SOLARIZE:
        qb_colour_solarize((int)argument, from, n, to);
        break;
    case QB_SOLARIZE_ADD:
        qb_colour_solarize_add((int)argument, from, n, to);
        break;
    case QB_COLOR:
        qb_colour_saturate((float)argument, from, n, to);
        break;
    case QB_CONTRAST:
        qb_colour_contrast((float)argument, from, n, to);
        break;
    case QB_BRIGHTNESS:
        qb_colour_brighten((float)argument, from, n, to);
        break;
    case QB_SHARPNESS:
        qb_colour_sharpen((float)argument, from, height, width, to);
        break;
    case QB_SHEAR_X:
        qb_warp_affine((const double[]){1, argument, 0, 0, 1, 0}, from, height, width, to);
        break;
    case QB_SHEAR_Y:
        qb_warp_affine((const double[]){1, 0, 0, argument, 1, 0}, from, height, width, to);
        break;
    case QB_TRANSLATE_X:
        qb_warp_affine((const double[]){1, 0, argument * width, 0, 1, 0}, from, height, width, to);
        break;
    case QB_TRANSLATE_Y:
        qb_warp_affine((const double[]){1, 0, 0, 0, 1, argument * height}, from, height, width, to);
        break;
    }
}

void qb_mirror(uint8_t *pixels, int height, int width)
{
    for (int y = 0; y < height; y++, pixels += 3 * (size_t)width)
        for (int left = 0, right = width - 1; left < right; left++, right--) {
            uint8_t *a = pixels + 3 * (size_t)left, *b = pixels + 3 * (size_t)right, held[3];
            memcpy(held, a, 3);
            memcpy(a, b, 3);
            memcpy(b, held, 3);
        }
}
