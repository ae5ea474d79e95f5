/* Event files of TensorBoard: TFRecords of protocol-buffer messages. See tfevents.h. */
#include "base/tfevents.h"

#include <string.h>

/* ---- records ---- */

uint32_t qb_crc32c(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0); /* the polynomial, lowest power first */
    }
    return ~crc;
}

/* Readers expect every CRC turned and moved, since a CRC over bytes that hold CRCs says little. */
static uint32_t masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

static void add_little_endian(qb_str *s, uint64_t v, int n_bytes)
{
    char bytes[8];
    for (int i = 0; i < n_bytes; i++)
        bytes[i] = (char)(unsigned char)(v >> 8 * i);
    qb_str_addn(s, bytes, (size_t)n_bytes);
}

/* Takes the message. */
static void add_record(qb_str *file, qb_str *message)
{
    qb_str length = {0};
    add_little_endian(&length, message->length, 8);
    if (length.failed || message->failed) {
        file->failed = true;
    } else {
        qb_str_addn(file, length.text, length.length);
        add_little_endian(file, masked(qb_crc32c(length.text, length.length)), 4);
        qb_str_addn(file, message->text, message->length);
        add_little_endian(file, masked(qb_crc32c(message->text, message->length)), 4);
    }
    qb_str_finish(&length);
    qb_str_finish(message);
}

/* ---- protocol buffers ---- */

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 }; /* wire types */

static void add_varint(qb_str *s, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        add_little_endian(s, (v & 0x7f) | 0x80, 1);
    add_little_endian(s, v, 1);
}

static void add_key(qb_str *s, unsigned field, unsigned wire_type) { add_varint(s, field << 3 | wire_type); }

static void add_bytes(qb_str *s, unsigned field, const char *bytes, size_t n)
{
    add_key(s, field, BYTES);
    add_varint(s, n);
    qb_str_addn(s, bytes, n);
}

/* Takes the message. */
static void add_message(qb_str *s, unsigned field, qb_str *message)
{
    if (message->failed)
        s->failed = true;
    else
        add_bytes(s, field, message->text, message->length);
    qb_str_finish(message);
}

static void add_double(qb_str *s, unsigned field, double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    add_key(s, field, FIXED64);
    add_little_endian(s, bits, 8);
}

static void add_float(qb_str *s, unsigned field, float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    add_key(s, field, FIXED32);
    add_little_endian(s, bits, 4);
}

/* ---- events ---- */

void qb_tfevents_begin(qb_str *file, double wall_time)
{
    static const char version[] = "brain.Event:2";
    qb_str event = {0}, session = {0};
    add_double(&event, 1, wall_time);
    add_bytes(&event, 3, version, sizeof version - 1);
    add_record(file, &event);
    add_double(&event, 1, wall_time);
    add_key(&session, 1, VARINT); /* SessionLog.status = START */
    add_varint(&session, 1);
    add_message(&event, 7, &session);
    add_record(file, &event);
}

void qb_tfevents_add(qb_str *file, double wall_time, int64_t step, const qb_tf_scalar *scalars, size_t n)
{
    qb_str event = {0}, summary = {0};
    for (size_t i = 0; i < n; i++) {
        qb_str value = {0};
        add_bytes(&value, 1, scalars[i].tag, strlen(scalars[i].tag));
        add_float(&value, 2, scalars[i].value);
        add_message(&summary, 1, &value);
    }
    add_double(&event, 1, wall_time);
    add_key(&event, 2, VARINT);
    add_varint(&event, (uint64_t)step);
    add_message(&event, 5, &summary);
    add_record(file, &event);
}
