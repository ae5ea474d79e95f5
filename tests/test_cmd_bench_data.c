/* `bench data`: which ways are measured, what is left out, and that the numbers fit each other. */
#include "image_fixture.h"
#include "verb_fixture.h"

#include <math.h>

#include "base/json.h"

static json_t *measure(const char *const *words)
{
    char *text = NULL;
    size_t n = 0;
    json_t *object = NULL;
    ck_assert_msg(run_line(words, &text, &n) == 0, "%s", qb_err_text());
    ck_assert_msg(qb_json_parse(text, n, "out", &object) == 0, "%s", qb_err_text());
    qb_free(text);
    return object;
}

static double number(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    ck_assert_msg(json_is_number(v), "%s", key);
    return json_number_value(v);
}

static void check_ways(const json_t *object, const char *const *names, bool with_bare, bool with_parts)
{
    const json_t *ways = json_object_get(object, "ways");
    size_t n = 0;
    for (; names[n]; n++) {
        const json_t *way = json_array_get(ways, n);
        ck_assert_str_eq(json_string_value(json_object_get(way, "name")), names[n]);
        const double ms = number(way, "ms");
        ck_assert(ms > 0 && fabs(number(way, "images_per_second") * ms / 1000 - 1) < 1e-9);
        ck_assert_int_eq(json_object_get(way, "speed") != NULL, with_bare);
        if (with_bare) {
            const json_t *range = json_object_get(way, "speed_range");
            const double low = json_number_value(json_array_get(range, 0)), high = json_number_value(json_array_get(range, 1));
            ck_assert(low > 0 && low <= number(way, "speed") && number(way, "speed") <= high);
        }
        const json_t *parts = json_object_get(way, "parts");
        const bool is_chain = n >= (with_bare ? 2u : 1u);
        ck_assert_int_eq(parts != NULL, with_parts && is_chain);
        if (parts)
            ck_assert_uint_ge(json_array_size(parts), 2);
    }
    ck_assert_uint_eq(json_array_size(ways), n);
}

/* Three JPEG files and two PNG files: libjpeg cannot read these. */
START_TEST(measures_files_beside_libjpeg)
{
    static const char *const ways[] = {"libjpeg", "decode", "none", "flip-crop", "resnet", "deit", NULL};
    char name[32];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "t/a/%d.jpg", i);
        put_image(at(name), 20 + i, i >= 3);
    }
    json_t *o = measure(LINE("bench", "data", "folder", "--data-dir", at("t"), "--image-size", "24", "--windows", "2", "--seconds", "0.001",
                             "--profile", "--json"));
    ck_assert_int_eq((int)number(o, "images"), 3);
    ck_assert_int_eq((int)number(o, "left_out"), 2);
    ck_assert_int_eq((int)number(o, "windows"), 2);
    ck_assert(number(o, "pixels") >= 81 && number(o, "bytes") > 100);
    ck_assert_int_eq(json_string_value(json_object_get(o, "libjpeg"))[1], '.');
    check_ways(o, ways, true, true);
    ck_assert_double_eq(number(json_array_get(json_object_get(o, "ways"), 0), "speed"), 1);
    json_decref(o);
    char *text = NULL;
    size_t n = 0;
    ck_assert_int_eq(run_line(LINE("bench", "data", "folder", "--data-dir", at("t"), "--windows", "1", "--seconds", "0.001", "--count", "1"),
                              &text, &n), 0);
    ck_assert_msg(strstr(text, "t, 1 image of ") && strstr(text, "one core, libjpeg-turbo ") && strstr(text, "\nresnet  "), "%s", text);
    qb_free(text);
}
END_TEST

START_TEST(measures_without_libjpeg)
{
    static const char *const of_png[] = {"decode", "none", "flip-crop", "resnet", "deit", NULL};
    static const char *const of_arrays[] = {"read", "none", "flip-crop", "resnet", "deit", NULL};
    put_image(at("t/a/1.jpg"), 1, true);
    put_image(at("t/a/2.jpg"), 2, true);
    json_t *o = measure(LINE("bench", "data", "folder", "--data-dir", at("t"), "--windows", "1", "--seconds", "0.001", "--json"));
    ck_assert(json_is_null(json_object_get(o, "libjpeg")));
    check_ways(o, of_png, false, false);
    json_decref(o);
    o = measure(LINE("bench", "data", "synthetic", "--count", "3", "--windows", "1", "--seconds", "0.001", "--json"));
    ck_assert(json_is_null(json_object_get(o, "bytes")));
    check_ways(o, of_arrays, false, false);
    json_decref(o);
}
END_TEST

START_TEST(refuses_what_cannot_be_measured)
{
    put_text("t/a/1.jpg", "no image");
    ck_assert_int_eq(run_line(LINE("bench", "data", "folder", "--data-dir", at("t")), NULL, NULL), QB_E_DATA);
    ck_assert_msg(strstr(qb_err_text(), "t/a/1.jpg: neither JPEG nor PNG") != NULL, "%s", qb_err_text());
    ck_assert_int_eq(run_line(LINE("bench", "data", "fish"), NULL, NULL), QB_E_USAGE);
    ck_assert_int_eq(run_line(LINE("bench", "data"), NULL, NULL), QB_E_USAGE);
    ck_assert_msg(strstr(qb_err_text(), "bench data: expected NAME") != NULL, "%s", qb_err_text());
    ck_assert_int_eq(run_line(LINE("bench", "fish"), NULL, NULL), QB_E_USAGE); /* bench takes no argument */
    ck_assert_msg(strstr(qb_err_text(), "bench: unexpected argument 'fish'") != NULL, "%s", qb_err_text());
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("cmd_bench_data");
    TCase *tc = tcase_create("cmd_bench_data");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, measures_files_beside_libjpeg);
    tcase_add_test(tc, measures_without_libjpeg);
    tcase_add_test(tc, refuses_what_cannot_be_measured);
    suite_add_tcase(s, tc);
    return s;
}

QB_TEST_MAIN
