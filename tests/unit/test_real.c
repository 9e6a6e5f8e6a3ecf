#include "tests/support/test.h"

#include "engine/base/real.h"

/* The expected texts and bits in this file were made with Python's float: repr, float() and *. */

static const wf_double_bits infinity = UINT64_C(0x7ff0000000000000);
static const wf_double_bits not_a_number = UINT64_C(0x7ff8000000000000);
static const wf_double_bits sign = UINT64_C(0x8000000000000000);

/* Doubles print as Python prints them, and read back as themselves. */
static void test_real__doubles_print_shortest_and_read_back(void **state)
{
    static const struct {
        wf_double_bits bits;
        const char *text;
    } rows[] = {
        {UINT64_C(0x0000000000000000), "0.0"},
        {UINT64_C(0x8000000000000000), "-0.0"},
        {UINT64_C(0x3ff0000000000000), "1.0"},
        {UINT64_C(0xbff0000000000000), "-1.0"},
        {UINT64_C(0x4000000000000000), "2.0"},
        {UINT64_C(0x3fe0000000000000), "0.5"},
        {UINT64_C(0x3fb999999999999a), "0.1"},
        {UINT64_C(0x3fc999999999999a), "0.2"},
        {UINT64_C(0x3fd3333333333333), "0.3"},
        {UINT64_C(0x3fd3333333333334), "0.30000000000000004"},
        {UINT64_C(0x3ff8000000000000), "1.5"},
        {UINT64_C(0x4004000000000000), "2.5"},
        {UINT64_C(0x4059000000000000), "100.0"},
        {UINT64_C(0x430c6bf526340000), "1000000000000000.0"},
        {UINT64_C(0x4341c37937e08000), "1e+16"},
        {UINT64_C(0x4376345785d8a000), "1e+17"},
        {UINT64_C(0x437b69b4ba630f35), "1.2345678901234568e+17"},
        {UINT64_C(0x4341c37937e07fff), "9999999999999998.0"},
        {UINT64_C(0x433fffffffffffff), "9007199254740991.0"},
        {UINT64_C(0x4340000000000000), "9007199254740992.0"},
        {UINT64_C(0x4340000000000000), "9007199254740992.0"},
        {UINT64_C(0x4340000000000001), "9007199254740994.0"},
        {UINT64_C(0x444b1ae4d6e2ef50), "1e+21"},
        {UINT64_C(0x4480f0cf064dd592), "1e+22"},
        {UINT64_C(0x44b52d02c7e14af6), "1e+23"},
        {UINT64_C(0x3f1a36e2eb1c432d), "0.0001"},
        {UINT64_C(0x3ee4f8b588e368f1), "1e-05"},
        {UINT64_C(0x3f202e85be180b74), "0.00012345678901234567"},
        {UINT64_C(0x3ee9e3abe16fc70d), "1.2345e-05"},
        {UINT64_C(0x400921fb54442d18), "3.141592653589793"},
        {UINT64_C(0x4005bf0a8b145769), "2.718281828459045"},
        {UINT64_C(0x3fd5555555555555), "0.3333333333333333"},
        {UINT64_C(0x3fe5555555555555), "0.6666666666666666"},
        {UINT64_C(0x54b249ad2594c37d), "1e+100"},
        {UINT64_C(0x2b2bff2ee48e0530), "1e-100"},
        {UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308"},
        {UINT64_C(0x0010000000000000), "2.2250738585072014e-308"},
        {UINT64_C(0x000fffffffffffff), "2.225073858507201e-308"},
        {UINT64_C(0x0000000000000001), "5e-324"},
        {UINT64_C(0x0000000000000002), "1e-323"},
        {UINT64_C(0x3d30000000000000), "5.684341886080802e-14"},
        {UINT64_C(0x0010000000000000), "2.2250738585072014e-308"},
        {UINT64_C(0x0008000000000000), "1.1125369292536007e-308"},
        {UINT64_C(0x7c90000000000000), "9.9792015476736e+291"},
        {UINT64_C(0x7fe0000000000000), "8.98846567431158e+307"},
        {UINT64_C(0x0000000000000003), "1.5e-323"},
        {UINT64_C(0x4011666666666666), "4.35"},
        {UINT64_C(0x3fd23d70a3d70a3d), "0.285"},
        {UINT64_C(0x3ff0147ae147ae14), "1.005"},
        {UINT64_C(0x41b1de784a000000), "299792458.0"},
        {UINT64_C(0x44dfe185ca57c517), "6.02214076e+23"},
        {UINT64_C(0x390b860bde023111), "6.62607015e-34"},
        {UINT64_C(0x7fe1ccf385ebc8a0), "1e+308"},
        {UINT64_C(0x4023000000000000), "9.5"},
        {UINT64_C(0x4058e00000000000), "99.5"},
        {UINT64_C(0x40934a456d5cfaad), "1234.5678"},
        {UINT64_C(0x4202a05f20000000), "10000000000.0"},
        {UINT64_C(0x3e7ad7f29abcaf48), "1e-07"},
        {UINT64_C(0x3f50624dd2f1a9fc), "0.001"},
        {UINT64_C(0x0000000000000010), "8e-323"},
        {UINT64_C(0x0320000000000000), "1.252605225005608e-293"},
        {UINT64_C(0x0930000000000000), "1.9848322066592191e-264"},
        {UINT64_C(0x0f40000000000000), "3.1450921726548502e-235"},
        {UINT64_C(0x1550000000000000), "4.983597475548784e-206"},
        {UINT64_C(0x1b60000000000000), "7.896825413969131e-177"},
        {UINT64_C(0x2170000000000000), "1.2513019344894381e-147"},
        {UINT64_C(0x2780000000000000), "1.982767060402851e-118"},
        {UINT64_C(0x2d90000000000000), "3.141819817790545e-89"},
        {UINT64_C(0x33a0000000000000), "4.9784122222889134e-60"},
        {UINT64_C(0x39b0000000000000), "7.888609052210118e-31"},
        {UINT64_C(0x3fc0000000000000), "0.125"},
        {UINT64_C(0x45d0000000000000), "1.9807040628566084e+28"},
        {UINT64_C(0x4be0000000000000), "3.1385508676933404e+57"},
        {UINT64_C(0x51f0000000000000), "4.9732323640978664e+86"},
        {UINT64_C(0x5800000000000000), "7.880401239278896e+115"},
        {UINT64_C(0x5e10000000000000), "1.248699420126397e+145"},
        {UINT64_C(0x6420000000000000), "1.9786432117848363e+174"},
        {UINT64_C(0x6a30000000000000), "3.135285318820699e+203"},
        {UINT64_C(0x7040000000000000), "4.968057895362269e+232"},
        {UINT64_C(0x7650000000000000), "7.872201966280717e+261"},
        {UINT64_C(0x7c60000000000000), "1.2474001934592e+291"},
        {UINT64_C(0x00000000000007e8), "1e-320"},
        {UINT64_C(0x0a2899c2f6732210), "1e-259"},
        {UINT64_C(0x16d322e220a5b17e), "1e-198"},
        {UINT64_C(0x237dc574d80cf16b), "1e-137"},
        {UINT64_C(0x3027288e1271f513), "1e-76"},
        {UINT64_C(0x3cd203af9ee75616), "1e-15"},
        {UINT64_C(0x497c06a5ec5433c6), "1e+46"},
        {UINT64_C(0x5625ccfe3d35d80e), "1e+107"},
        {UINT64_C(0x62d0f5535fef2084), "1e+168"},
        {UINT64_C(0x6f7a6208b5068394), "1e+229"},
        {UINT64_C(0x7c2485ce9e7a065f), "1e+290"},
        {UINT64_C(0xf2a74de452e6b438), "-1.989032661366619e+244"},
        {UINT64_C(0x6513270e269e0d37), "7.761117632285041e+178"},
        {UINT64_C(0x0c5c7fd0a6a3a450), "3.980498358697587e-249"},
        {UINT64_C(0xd23f0824128b2f33), "-1.5432835417340557e+88"},
        {UINT64_C(0x1818e811892f902b), "1.3647584518757569e-192"},
        {UINT64_C(0x9531985d5d9dc9f8), "-1.3701135617873088e-206"},
        {UINT64_C(0xe8e25d940ed90475), "-1.7160537630466207e+197"},
        {UINT64_C(0x36f675cc81e74ef5), "6.294675241195386e-44"},
        {UINT64_C(0x1600a35a099950d8), "1.0613447212142254e-202"},
        {UINT64_C(0x6b0d549b6f03675a), "4.708325160387546e+207"},
        {UINT64_C(0x3d9c172411e20b8f), "6.387016158513563e-12"},
        {UINT64_C(0x8d116ece1738f7d9), "-9.973130378568733e-246"},
        {UINT64_C(0x0f21ddb66cad4a26), "8.779753225680271e-236"},
        {UINT64_C(0x90c192cfd3ac94af), "-5.795503248498993e-228"},
        {UINT64_C(0xf28c105d1fb17c23), "-5.988180159386011e+243"},
        {UINT64_C(0xa170b33839263059), "-1.306052388527796e-147"},
        {UINT64_C(0x953f48f1a09f76b5), "-2.436117699484841e-206"},
        {UINT64_C(0x0fd630f1f29d0da9), "2.233386999150174e-232"},
        {UINT64_C(0x95e60af593bd04cf), "-3.51527970626667e-203"},
        {UINT64_C(0x0cb1e29c658cda14), "1.5987381841032883e-247"},
        {UINT64_C(0x3898d190f9ebdacc), "4.6678633181812096e-36"},
        {UINT64_C(0x8e81973e0becd7b0), "-8.441872792105456e-239"},
        {UINT64_C(0x2217beaddbc496cb), "1.9015657400796622e-144"},
        {UINT64_C(0x6b4cb2424a23d596), "7.370437700706684e+208"},
        {UINT64_C(0x8a6a63ec24ede6a4), "-1.7163996725272777e-258"},
        {UINT64_C(0x922766581e27a1c0), "-3.2367190832119987e-221"},
        {UINT64_C(0x8f6d05584ef8aa38), "-2.2818334634712625e-234"},
        {UINT64_C(0xae97ba94d0eda82f), "-3.0536383926309363e-84"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[WF_REAL_TEXT_BYTES];
        const size_t size_bytes = wf_double_write(rows[i].bits, text);
        wf_double_bits bits = 0;

        test_string_is(rows[i].text, (struct wf_string){text, size_bytes}, rows[i].text);
        assert_true(wf_double_read(wf_string_of(rows[i].text), &bits));
        assert_true(bits == rows[i].bits);
    }
}

/* Reading rounds correctly: halfway cases, both ends of the range, many digits. */
static void test_real__reading_rounds_to_nearest_even(void **state)
{
    static const struct {
        const char *text;
        wf_double_bits bits;
    } rows[] = {
        {"1", UINT64_C(0x3ff0000000000000)},
        {"-1", UINT64_C(0xbff0000000000000)},
        {"1e400", UINT64_C(0x7ff0000000000000)},
        {"-1e400", UINT64_C(0xfff0000000000000)},
        {"1e-400", UINT64_C(0x0000000000000000)},
        {"-1e-400", UINT64_C(0x8000000000000000)},
        {"0e99999999999999999999", UINT64_C(0x0000000000000000)},
        {"1e-99999999999999999999", UINT64_C(0x0000000000000000)},
        {"9007199254740993", UINT64_C(0x4340000000000000)},
        {"9007199254740992.99999", UINT64_C(0x4340000000000000)},
        {"9007199254740993.00001", UINT64_C(0x4340000000000001)},
        {"2.4703282292062327e-324", UINT64_C(0x0000000000000000)},
        {"2.4703282292062328e-324", UINT64_C(0x0000000000000001)},
        {"1.7976931348623158e308", UINT64_C(0x7fefffffffffffff)},
        {"1.7976931348623159e308", UINT64_C(0x7ff0000000000000)},
        {"2.2250738585072011e-308", UINT64_C(0x000fffffffffffff)},
        {"0.1000000000000000055511151231257827021181583404541015625", UINT64_C(0x3fb999999999999a)},
        {"0.1000000000000000055511151231257827", UINT64_C(0x3fb999999999999a)},
        {"1E5", UINT64_C(0x40f86a0000000000)},
        {"1e+5", UINT64_C(0x40f86a0000000000)},
        {"1.0e0", UINT64_C(0x3ff0000000000000)},
        {"100000e-5", UINT64_C(0x3ff0000000000000)},
        {"0.000001e6", UINT64_C(0x3ff0000000000000)},
        {"8.5e1", UINT64_C(0x4055400000000000)},
        {"3.0000000000000002220446049250313080847263336181640625", UINT64_C(0x4008000000000000)},
        {"3.0000000000000002220446049250313080847263336181640624", UINT64_C(0x4008000000000000)},
        {"3.0000000000000002220446049250313080847263336181640626", UINT64_C(0x4008000000000001)},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        wf_double_bits bits = 0;

        if (!wf_double_read(wf_string_of(rows[i].text), &bits) || bits != rows[i].bits) {
            fail_msg("%s: %llx", rows[i].text, (unsigned long long)bits);
        }
    }
}

/* Thousands of digits cost neither correctness nor memory: 1 and a half unit and a last digit is above the half. */
static void test_real__thousands_of_digits(void **state)
{
    static char text[6000];
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    wf_double_bits bits = 0;

    (void)state;
    memset(text, '0', sizeof text);
    memcpy(text, half, sizeof half - 1);
    assert_true(wf_double_read((struct wf_string){text, sizeof text}, &bits));
    assert_true(bits == UINT64_C(0x3ff0000000000000));
    text[sizeof text - 1] = '1';
    assert_true(wf_double_read((struct wf_string){text, sizeof text}, &bits));
    assert_true(bits == UINT64_C(0x3ff0000000000001));

    memset(text, '9', sizeof text);
    assert_true(wf_double_read((struct wf_string){text, sizeof text}, &bits));
    assert_true(bits == infinity);
    memcpy(text + sizeof text - 6, "e-6000", 6);
    assert_true(wf_double_read((struct wf_string){text, sizeof text}, &bits));
    assert_true(bits == UINT64_C(0x3eb0c6f7a0b5ed8d)); /* 1e-06 */
}

/* NaN and the infinities have names; nothing else is a number. */
static void test_real__names_and_refusals(void **state)
{
    static const char *const refused[] = {"",     "-",    "+1",   "01",    ".5",  "1.",  "1e",  "1e+",      "nan",
                                          "inf",  " 1",   "1 ",   "0x1",   "1..2", "1.2.3", "1e5x", "--1", "Infinit"};
    char text[WF_REAL_TEXT_BYTES];
    wf_double_bits bits = 0;

    (void)state;
    assert_true(wf_double_read(WF_STR("NaN"), &bits) && bits == not_a_number);
    assert_true(wf_double_read(WF_STR("Infinity"), &bits) && bits == infinity);
    assert_true(wf_double_read(WF_STR("-Infinity"), &bits) && bits == (sign | infinity));
    test_string_is("NaN", (struct wf_string){text, wf_double_write(not_a_number, text)}, "NaN");
    test_string_is("-NaN", (struct wf_string){text, wf_double_write(sign | not_a_number, text)}, "NaN");
    test_string_is("Infinity", (struct wf_string){text, wf_double_write(infinity, text)}, "Infinity");
    test_string_is("-Infinity", (struct wf_string){text, wf_double_write(sign | infinity, text)}, "-Infinity");
    for (size_t i = 0; i < TEST_COUNT(refused); i++) {
        if (wf_double_read(wf_string_of(refused[i]), &bits)) {
            fail_msg("%s was read", refused[i]);
        }
    }
}

/* Floats print the digits that a float needs, not those of the double. */
static void test_real__floats_print_shortest_and_read_back(void **state)
{
    static const struct {
        wf_float_bits bits;
        const char *text;
    } rows[] = {
        {UINT32_C(0x3dcccccd), "0.1"},
        {UINT32_C(0x3f800000), "1.0"},
        {UINT32_C(0x40200000), "2.5"},
        {UINT32_C(0x3e99999a), "0.3"},
        {UINT32_C(0x4b800000), "16777216.0"},
        {UINT32_C(0x4b7fffff), "16777215.0"},
        {UINT32_C(0x501502f9), "10000000000.0"},
        {UINT32_C(0x7f7fffff), "3.4028235e+38"},
        {UINT32_C(0x00800000), "1.1754944e-38"},
        {UINT32_C(0x00000001), "1e-45"},
        {UINT32_C(0x3727c5ac), "1e-05"},
        {UINT32_C(0x47f12065), "123456.79"},
        {UINT32_C(0x3eaaaaab), "0.33333334"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char text[WF_REAL_TEXT_BYTES];
        const size_t size_bytes = wf_float_write(rows[i].bits, text);
        wf_float_bits bits = 0;

        test_string_is(rows[i].text, (struct wf_string){text, size_bytes}, rows[i].text);
        assert_true(wf_float_read(wf_string_of(rows[i].text), &bits));
        assert_true(bits == rows[i].bits);
    }
}

/* Products are those of hardware, to the last bit, subnormals and overflow included. */
static void test_real__products_are_those_of_hardware(void **state)
{
    static const struct {
        wf_double_bits left;
        wf_double_bits right;
        wf_double_bits product;
    } rows[] = {
        {UINT64_C(0x3ff8000000000000), UINT64_C(0x4000000000000000), UINT64_C(0x4008000000000000)},
        {UINT64_C(0x3fb999999999999a), UINT64_C(0x4008000000000000), UINT64_C(0x3fd3333333333334)},
        {UINT64_C(0x3fb999999999999a), UINT64_C(0x3fb999999999999a), UINT64_C(0x3f847ae147ae147c)},
        {UINT64_C(0x6974e718d7d7625a), UINT64_C(0x6974e718d7d7625a), UINT64_C(0x7ff0000000000000)},
        {UINT64_C(0x16687e92154ef7ac), UINT64_C(0x16687e92154ef7ac), UINT64_C(0x0000000000000000)},
        {UINT64_C(0x9eb67e9c127b6e74), UINT64_C(0x1eb67e9c127b6e74), UINT64_C(0x80000000000007e8)},
        {UINT64_C(0x0000000000000001), UINT64_C(0x3fe0000000000000), UINT64_C(0x0000000000000000)},
        {UINT64_C(0x0000000000000001), UINT64_C(0x3fe8000000000000), UINT64_C(0x0000000000000001)},
        {UINT64_C(0x0000000000000001), UINT64_C(0x3ff8000000000000), UINT64_C(0x0000000000000002)},
        {UINT64_C(0x0010000000000000), UINT64_C(0x3fe0000000000000), UINT64_C(0x0008000000000000)},
        {UINT64_C(0x8000000000000000), UINT64_C(0x4014000000000000), UINT64_C(0x8000000000000000)},
        {UINT64_C(0x7ff0000000000000), UINT64_C(0xc000000000000000), UINT64_C(0xfff0000000000000)},
        {UINT64_C(0x7fefffffffffffff), UINT64_C(0x3ff0000000000001), UINT64_C(0x7ff0000000000000)},
        {UINT64_C(0x3ff0000000000001), UINT64_C(0x3ff0000000000001), UINT64_C(0x3ff0000000000002)},
        {UINT64_C(0x433fffffffffffff), UINT64_C(0x433fffffffffffff), UINT64_C(0x468ffffffffffffe)},
        {UINT64_C(0x3fd5555555555555), UINT64_C(0x4008000000000000), UINT64_C(0x3ff0000000000000)},
        {UINT64_C(0x7fe1ccf385ebc8a0), UINT64_C(0xc024000000000000), UINT64_C(0xfff0000000000000)},
        {UINT64_C(0xc471a61d2e44158b), UINT64_C(0x37130185a38fd547), UINT64_C(0xbb94f6f072013f9a)},
        {UINT64_C(0x4cd8c38f18f135d2), UINT64_C(0x46d0f420907a70c3), UINT64_C(0x53ba3d67c5e94fb4)},
        {UINT64_C(0xcac7f15034b9b5df), UINT64_C(0x335c6f876d76b07e), UINT64_C(0xbe354698904a88da)},
        {UINT64_C(0x5a595e767731af10), UINT64_C(0x2f24cbd85c90a958), UINT64_C(0x49907ca4d1051914)},
        {UINT64_C(0xcbf2e053cb5c7427), UINT64_C(0x44014f473e7d1bfb), UINT64_C(0xd0046be0b2fb0897)},
        {UINT64_C(0xbee867344cdd2055), UINT64_C(0x3bfbabce57ee05cd), UINT64_C(0xbaf51a18fbc419ee)},
        {UINT64_C(0x23e9be4b49b64a08), UINT64_C(0x29c6b0a1830e07bc), UINT64_C(0x0dc240ec4f9bd609)},
        {UINT64_C(0xa8f5790fc1d3fcff), UINT64_C(0x21c6bf467d2caf82), UINT64_C(0x8ace87297040020a)},
        {UINT64_C(0xa43ab103f646e1f4), UINT64_C(0x51c92b1d8ede0d7a), UINT64_C(0xb614fe419d509fd5)},
        {UINT64_C(0x335d17f9e01f5057), UINT64_C(0x45459a54b1fee08f), UINT64_C(0x38b3a40c5e5f6857)},
        {UINT64_C(0x524947407f26144b), UINT64_C(0x253d7082119a72d1), UINT64_C(0x3797417294556813)},
        {UINT64_C(0xbd9451abf1d69ed6), UINT64_C(0x23210a3daa05e11a), UINT64_C(0xa0c5a3c80bb5f336)},
        {UINT64_C(0xb31b394fbb2d420f), UINT64_C(0x4adfe3b893f448b3), UINT64_C(0xbe0b2140d2552e6c)},
        {UINT64_C(0xb1772158d269a9a5), UINT64_C(0x4a0e315162c33a4f), UINT64_C(0xbb95d2e9291152d1)},
        {UINT64_C(0x5b705c6a58d5563d), UINT64_C(0x4652b0535affb229), UINT64_C(0x61d31c45723625cd)},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (wf_double_multiply(rows[i].left, rows[i].right) != rows[i].product ||
            wf_double_multiply(rows[i].right, rows[i].left) != rows[i].product) {
            fail_msg("row %zu", i);
        }
    }
    assert_true((wf_double_multiply(infinity, 0) & infinity) == infinity);
    assert_true(wf_double_multiply(infinity, 0) != infinity);
    assert_true(wf_double_multiply(not_a_number, 0) != 0);
}

/* Conversions of integers round to even, truncate and saturate. */
static void test_real__integers_convert(void **state)
{
    static const struct {
        wf_double_bits bits;
        int64_t value;
    } rows[] = {
        {UINT64_C(0x0000000000000000), 0},         {UINT64_C(0x3fefffffffffffff), 0},
        {UINT64_C(0x3ff0000000000000), 1},         {UINT64_C(0xc004000000000000), -2}, /* -2.5 */
        {UINT64_C(0x43e0000000000000), INT64_MAX}, {UINT64_C(0xc3e0000000000000), INT64_MIN},
        {UINT64_C(0xc3f0000000000000), INT64_MIN}, {UINT64_C(0x43dfffffffffffff), INT64_C(9223372036854774784)},
        {UINT64_C(0x7ff0000000000000), INT64_MAX}, {UINT64_C(0xfff0000000000000), INT64_MIN},
        {UINT64_C(0x7ff8000000000000), 0},         {UINT64_C(0x0000000000000001), 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        assert_true(wf_double_to_i64(rows[i].bits) == rows[i].value);
    }
    assert_true(wf_double_of_i64(0) == 0);
    assert_true(wf_double_of_i64(-3) == UINT64_C(0xc008000000000000));
    assert_true(wf_double_of_i64(INT64_MIN) == UINT64_C(0xc3e0000000000000));
    assert_true(wf_double_of_i64(INT64_MAX) == UINT64_C(0x43e0000000000000));
    assert_true(wf_double_of_i64(INT64_C(9007199254740993)) == wf_double_of_i64(INT64_C(9007199254740992)));
    assert_true(wf_double_of_i64(INT64_C(9007199254740995)) == wf_double_of_i64(INT64_C(9007199254740996)));
}

/* The order of values: NaN below all, both zeros equal. */
static void test_real__compare_orders_values(void **state)
{
    const wf_double_bits ascending[] = {not_a_number, sign | infinity, UINT64_C(0xc000000000000000), /* -2 */
                                        UINT64_C(0x8000000000000001), 0, 1, UINT64_C(0x3ff0000000000000), infinity};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(ascending); i++) {
        for (size_t j = 0; j < TEST_COUNT(ascending); j++) {
            const int expected = (i > j) - (i < j);

            assert_int_equal(wf_double_compare(ascending[i], ascending[j]), expected);
        }
    }
    assert_int_equal(wf_double_compare(0, sign), 0);
}

/* Retry intervals, as Go computes them (engine-semantics 4.5 step 7). */
static void test_real__backoff_intervals(void **state)
{
    static const struct {
        int64_t initial_ns;
        wf_double_bits coefficient;
        int32_t exponent;
        int64_t interval_ns;
    } rows[] = {
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 0, INT64_C(1000000000)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 1, INT64_C(2000000000)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 2, INT64_C(4000000000)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 6, INT64_C(64000000000)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 33, INT64_C(8589934592000000000)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 34, INT64_C(9223372036854775807)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 100, INT64_C(9223372036854775807)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 1, INT64_C(1500000000)}, /* 1.5 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 2, INT64_C(2250000000)}, /* 1.5 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 10, INT64_C(57665039062)}, /* 1.5 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 40, INT64_C(11057332320940012)}, /* 1.5 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 56, INT64_C(7262907400875659264)}, /* 1.5 */
        {INT64_C(1000000000), UINT64_C(0x3ff8000000000000), 57, INT64_C(9223372036854775807)}, /* 1.5 */
        {INT64_C(100000000), UINT64_C(0x3ff199999999999a), 1, INT64_C(110000000)}, /* 1.1 */
        {INT64_C(100000000), UINT64_C(0x3ff199999999999a), 7, INT64_C(194871710)}, /* 1.1 */
        {INT64_C(100000000), UINT64_C(0x3ff199999999999a), 100, INT64_C(1378061233982)}, /* 1.1 */
        {INT64_C(1), UINT64_C(0x3ff0000000000000), 2147483647, INT64_C(1)}, /* 1.0 */
        {INT64_C(123456789), UINT64_C(0x3ffb333333333333), 13, INT64_C(122278740034)}, /* 1.7 */
        {INT64_C(1000000000), UINT64_C(0x400a666666666666), 5, INT64_C(391353929999)}, /* 3.3 */
        {INT64_C(1000000000), UINT64_C(0x3fe0000000000000), 3, INT64_C(125000000)}, /* 0.5 */
        {INT64_C(0), UINT64_C(0x4000000000000000), 5, INT64_C(0)}, /* 2.0 */
        {INT64_C(1000000000), UINT64_C(0x4000000000000000), 2147483647, INT64_C(9223372036854775807)}, /* 2.0 */
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const int64_t interval_ns = wf_double_backoff_ns(rows[i].initial_ns, rows[i].coefficient, rows[i].exponent);

        if (interval_ns != rows[i].interval_ns) {
            fail_msg("row %zu: %lld", i, (long long)interval_ns);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real__doubles_print_shortest_and_read_back),
        cmocka_unit_test(test_real__reading_rounds_to_nearest_even),
        cmocka_unit_test(test_real__thousands_of_digits),
        cmocka_unit_test(test_real__names_and_refusals),
        cmocka_unit_test(test_real__floats_print_shortest_and_read_back),
        cmocka_unit_test(test_real__products_are_those_of_hardware),
        cmocka_unit_test(test_real__integers_convert),
        cmocka_unit_test(test_real__compare_orders_values),
        cmocka_unit_test(test_real__backoff_intervals),
    };

    return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
