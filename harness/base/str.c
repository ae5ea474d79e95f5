/* Growing texts, names that resemble each other, numbers to text and back.
 *
 * Invariant of qb_str: text is NULL or NUL-terminated at text[length], length < capacity; after an
 * allocation failed nothing is added any more.
 */
#include "base/str.h"

#include "base/err.h"
#include "base/mem.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for n more bytes and the NUL. */
static bool reserve(qb_str *s, size_t n)
{
    if (s->failed)
        return false;
    if (n < s->capacity - s->length)
        return true;
    size_t capacity = s->capacity < 64 ? 64 : s->capacity;
    while (capacity - s->length <= n) {
        if (capacity > SIZE_MAX / 2) {
            s->failed = true;
            return false;
        }
        capacity *= 2;
    }
    char *text = qb_realloc(s->text, capacity, 1);
    if (!text) {
        s->failed = true;
        return false;
    }
    s->text = text;
    s->capacity = capacity;
    return true;
}

void qb_str_add(qb_str *s, const char *text)
{
    qb_str_addn(s, text, strlen(text));
}

void qb_str_addn(qb_str *s, const char *bytes, size_t n)
{
    if (!reserve(s, n))
        return;
    memcpy(s->text + s->length, bytes, n);
    s->length += n;
    s->text[s->length] = '\0';
}

void qb_str_addf(qb_str *s, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    QB_ASSERT(n >= 0);
    if (!reserve(s, (size_t)n))
        return;
    va_start(args, fmt);
    (void)vsnprintf(s->text + s->length, (size_t)n + 1, fmt, args); /* the length is known from the first pass */
    va_end(args);
    s->length += (size_t)n;
}

void qb_str_add_quoted(qb_str *s, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./,:@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        qb_str_add(s, word);
        return;
    }
    bool is_utf8 = qb_utf8_valid(word, strlen(word));
    qb_str_add(s, is_utf8 ? "'" : "$'");
    for (const char *p = word; *p;) {
        bool is_byte = !is_utf8 && qb_utf8_length(p, strlen(p)) == 0;
        if (!is_byte && *p != '\'' && (is_utf8 || *p != '\\')) {
            qb_str_add_char(s, &p);
            continue;
        }
        if (is_byte)
            qb_str_addf(s, "\\%03o", (unsigned char)*p);
        else
            qb_str_add(s, is_utf8 ? "'\\''" : *p == '\'' ? "\\'" : "\\\\");
        p++;
    }
    qb_str_add(s, "'");
}

void qb_str_add_wrapped(qb_str *s, const char *text, size_t indent)
{
    enum { WIDTH = 80 };
    size_t column = 0;
    for (const char *word = text; *word;) {
        size_t n = strcspn(word, " "), wide = qb_utf8_count(word, n);
        if (column > 0 && column + 1 + wide > WIDTH) {
            qb_str_add(s, "\n");
            column = 0;
        }
        if (column == 0)
            qb_str_addf(s, "%*s", (int)indent, "");
        else
            qb_str_add(s, " ");
        qb_str_addn(s, word, n);
        column = column == 0 ? indent + wide : column + 1 + wide;
        word += n + strspn(word + n, " ");
    }
}

void qb_str_add_csv(qb_str *s, const char *text)
{
    bool quote = strpbrk(text, ",\"\r\n") != NULL;
    qb_str_add(s, quote ? "\"" : "");
    for (; *text; text++) {
        if (*text == '"')
            qb_str_add(s, "\"");
        qb_str_addn(s, text, 1);
    }
    qb_str_add(s, quote ? "\"" : "");
}

char *qb_str_take(qb_str *s)
{
    if (s->failed) {
        qb_str_finish(s);
        (void)qb_err_set(QB_E_NOMEM, "out of memory while building a text");
        return NULL;
    }
    char *text = s->text ? s->text : qb_strdup("");
    *s = (qb_str){0};
    return text;
}

void qb_str_finish(qb_str *s)
{
    qb_free(s->text);
    *s = (qb_str){0};
}

/* ---- names ---- */

enum { MAX_NAME = 64 }; /* longer words resemble nothing */

static int fold(char c)
{
    return c == '-' ? '_' : tolower((unsigned char)c);
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

/* Edit distance where exchanging two neighbours counts once (optimal string alignment). */
static int edit_distance(const char *a, int na, const char *b, int nb)
{
    int rows[3][MAX_NAME + 1];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    for (int j = 0; j <= nb; j++)
        above[j] = before[j] = j;
    for (int i = 1; i <= na; i++) {
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int differs = fold(a[i - 1]) != fold(b[j - 1]);
            row[j] = min_int(above[j - 1] + differs, min_int(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = min_int(row[j], before[j - 2] + 1);
        }
        int *free_row = before;
        before = above;
        above = row;
        row = free_row;
    }
    return above[nb];
}

const char *qb_nearest_name(const char *word, const char *const *names, size_t n)
{
    size_t length = strlen(word);
    if (length == 0 || length > MAX_NAME)
        return NULL;
    const char *nearest = NULL;
    int best = 2 + (int)length / 3; /* the first distance that is too far */
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(names[i]);
        if (other > MAX_NAME)
            continue;
        int distance = edit_distance(word, (int)length, names[i], (int)other);
        /* Two words that share no letter are not alike, however short they are. */
        if (distance < best && (size_t)distance < (length > other ? length : other)) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

bool qb_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool qb_ends_with(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

const char *qb_setting_in(const char *const *settings, const char *key)
{
    const size_t n = strlen(key);
    for (; settings && *settings; settings++)
        if (strncmp(*settings, key, n) == 0 && (*settings)[n] == '=')
            return *settings + n + 1;
    return NULL;
}

/* ---- UTF-8 ---- */

size_t qb_utf8_count(const char *bytes, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)bytes[i] & 0xc0u) != 0x80u; /* all but continuation bytes */
    return count;
}

size_t qb_utf8_length(const char *bytes, size_t n)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (n == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    /* Smallest code point of 2, 3 and 4 bytes: a longer form of a smaller one is not UTF-8. */
    static const uint32_t smallest[] = {0x80, 0x800, 0x10000};
    size_t length = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC0 || b[0] > 0xF7 || n < length)
        return 0;
    uint32_t point = b[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        point = point << 6 | (b[i] & 0x3Fu);
    }
    bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    return point < smallest[length - 2] || point > 0x10FFFF || surrogate ? 0 : length;
}

bool qb_utf8_valid(const char *bytes, size_t n)
{
    while (n > 0) {
        size_t length = qb_utf8_length(bytes, n);
        if (length == 0)
            return false;
        bytes += length;
        n -= length;
    }
    return true;
}

void qb_str_add_char(qb_str *s, const char **text)
{
    enum { LONGEST = 4 };
    size_t length = qb_utf8_length(*text, strnlen(*text, LONGEST));
    if (length > 0)
        qb_str_addn(s, *text, length);
    else
        qb_str_add(s, "\xEF\xBF\xBD");
    *text += length > 0 ? length : 1;
}

/* ---- numbers ---- */

enum { REAL_SIZE = 32 };

/* Significant digits of the shortest decimal that reads back as v. Up to DBL_DIG of them come back from any normal double as they
 * went in, so where that many are enough, the shortest is what they are without zeros at the end. */
static int shortest_digits(double v, char *buf)
{
    int digits = 1;
    if (v == 0 || fabs(v) >= DBL_MIN) {
        (void)snprintf(buf, REAL_SIZE, "%.*e", DBL_DIG - 1, v);
        if (strtod(buf, NULL) == v) {
            const char *last = strchr(buf, 'e') - 1;
            for (digits = DBL_DIG; digits > 1 && *last == '0'; last--)
                digits--;
            return digits;
        }
        digits = DBL_DIG + 1;
    }
    for (; digits < 17; digits++) {
        (void)snprintf(buf, REAL_SIZE, "%.*e", digits - 1, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    return digits;
}

const char *qb_format_real(double v, char *buf)
{
    enum { SIZE = REAL_SIZE, LAST_PLAIN_EXPONENT = 15 };
    if (!isfinite(v)) {
        (void)snprintf(buf, SIZE, "%s", isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
        return buf;
    }
    int digits = shortest_digits(v, buf);
    (void)snprintf(buf, SIZE, "%.*e", digits - 1, v);
    int exponent = atoi(strchr(buf, 'e') + 1);
    /* %g leaves the exponent out when it is below the number of digits: 100, not 1e+02. */
    if (exponent <= LAST_PLAIN_EXPONENT && exponent >= digits)
        digits = exponent + 1;
    (void)snprintf(buf, SIZE, "%.*g", digits, v);
    return buf;
}

static const char *skip_digits(const char *p, bool *any)
{
    for (; isdigit((unsigned char)*p); p++)
        *any = true;
    return p;
}

bool qb_parse_real(const char *text, double *ret)
{
    bool mantissa = false, exponent = false;
    const char *p = text;
    if (*p == '+' || *p == '-')
        p++;
    p = skip_digits(p, &mantissa);
    if (*p == '.')
        p = skip_digits(p + 1, &mantissa);
    if (mantissa && (*p == 'e' || *p == 'E')) {
        p++;
        if (*p == '+' || *p == '-')
            p++;
        p = skip_digits(p, &exponent);
        if (!exponent)
            return false;
    }
    if (!mantissa || *p != '\0')
        return false;
    errno = 0;
    double v = strtod(text, NULL);
    if (!isfinite(v) || (errno == ERANGE && v == 0))
        return false;
    *ret = v;
    return true;
}

bool qb_parse_int(const char *text, long long *ret)
{
    bool any = false;
    const char *p = text;
    if (*p == '+' || *p == '-')
        p++;
    p = skip_digits(p, &any);
    if (!any || *p != '\0')
        return false;
    errno = 0;
    long long v = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return false;
    *ret = v;
    return true;
}

const char *qb_format_bytes(double bytes, char *buf)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    size_t unit = 0;
    while (fabs(bytes) >= 1024 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(buf, 32, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
    return buf;
}
