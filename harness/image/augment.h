/* RandAugment's operations on 8-bit RGB, byte for byte as timm has Pillow do them.
 *
 * Invariant: pure functions of pixels and an argument; sizes do not change. Images lie as (height, width, 3) bytes without gaps.
 *
 * m in [0, 10] is the magnitude; "+-": the other direction where it is negated. L = (19595 R + 38470 G + 7471 B + 2^15) >> 16.
 *   AutoContrast   channel by channel, lowest..highest value stretched over 0..255
 *   Equalize       channel by channel, by its histogram
 *   Invert         255 - v
 *   Rotate         degrees +-30 m/10 about the middle, counter-clockwise
 *   Posterize      bits that are kept, 4 - trunc(4 m/10); 0: black
 *   Solarize       255 - v from a threshold on, 256 - min(256, trunc(256 m/10))
 *   SolarizeAdd    min(255, v + amount) below 128, amount min(128, trunc(110 m/10))
 *   Color, Contrast, Brightness, Sharpness   d + factor (v - d), factor max(0.1, 1 +- 0.9 m/10), where d is L of the pixel,
 *                  the mean L rounded, 0, the pixel smoothed by (1 1 1; 1 5 1; 1 1 1) / 13 (an edge pixel is itself)
 *   ShearX, ShearY             x or y + factor y or x, factor +-0.3 m/10
 *   TranslateX, TranslateY     share of width or height, +-0.45 m/10; fractions of a pixel count
 * Source: timm's "rand-m9-mstd0.5-inc1" (increasing operations) on Pillow 9.4.0.
 */
#ifndef QB_IMAGE_AUGMENT_H
#define QB_IMAGE_AUGMENT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum qb_operation {
    QB_AUTO_CONTRAST = 1,
    QB_EQUALIZE,
    QB_INVERT,
    QB_ROTATE,
    QB_POSTERIZE,
    QB_SOLARIZE,
    QB_SOLARIZE_ADD,
    QB_COLOR,
    QB_CONTRAST,
    QB_BRIGHTNESS,
    QB_SHARPNESS,
    QB_SHEAR_X,
    QB_SHEAR_Y,
    QB_TRANSLATE_X,
    QB_TRANSLATE_Y,
} qb_operation;

enum { QB_N_OPERATIONS = 15 };

const char *qb_operation_name(qb_operation op); /* "AutoContrast" */

/* What a magnitude means to an operation; 0 for those that have no argument. m: in [0, 10]. */
double qb_operation_argument(qb_operation op, double m, bool negate);

/* to <- op of from, which do not overlap. height, width >= 1. argument: as above; any finite number that makes sense to the
 * operation (bits from 0 to 8, threshold from 0 to 256, amount from 0 to 255, factor from 0 on). */
void qb_augment(qb_operation op, double argument, const uint8_t *from, int height, int width, uint8_t *to);

/* Left to right, in place. */
void qb_mirror(uint8_t *pixels, int height, int width);

#endif
