#include "controlplane/policy/bundle/names.h"

#include <gtest/gtest.h>

#include <string>

#include "controlplane/policy/bundle/digest.h"

namespace sallyport::controlplane::policy {
namespace {

TEST(Names, OfBundles) {
  for (const char* good : {"a", "openai", "acme-2", "a.b_c-d", "0x"})
    EXPECT_TRUE(is_bundle_name(good)) << good;
  for (const char* bad : {"", "any", "A", "-a", "a-", ".a", "a b", "a/b", "ä", "a\n"})
    EXPECT_FALSE(is_bundle_name(bad)) << bad;
  EXPECT_TRUE(is_bundle_name(std::string(47, 'a')));
  EXPECT_FALSE(is_bundle_name(std::string(48, 'a')));
  EXPECT_FALSE(is_bundle_name(std::string(24, 'a'), kEnvironmentNameBytes));
}

TEST(Names, OfPrincipalsEntitiesHostsAndPaths) {
  EXPECT_TRUE(is_principal_name("Kim@example.org"));
  EXPECT_TRUE(is_principal_name("spiffe://x/y+1"));
  for (const char* bad : {"", "any", "@a", "a b", "a\"b"})
    EXPECT_FALSE(is_principal_name(bad)) << bad;
  EXPECT_TRUE(is_entity_name("US_SSN"));
  EXPECT_TRUE(is_entity_name("A1"));
  for (const char* bad :
       {"", "LITERAL", "A__B", "A_", "_A", "1A", "a", "A-B", "ABCDEFGHIJKLMNOPQRSTUVWXYZAB"})
    EXPECT_FALSE(is_entity_name(bad)) << bad;
  EXPECT_TRUE(is_host_name("api.openai.com"));
  EXPECT_TRUE(is_host_name("vendor"));
  for (const char* bad :
       {"", "API.x", "a..b", "a.", ".a", "-a.b", "a-.b", "10.0.0.1", "a b", "a:1", "*"})
    EXPECT_FALSE(is_host_name(bad)) << bad;
  EXPECT_TRUE(is_path("/v1/chat/completions"));
  for (const char* bad :
       {"", "/", "v1", "/v1/", "//v1", "/v1//x", "/v1?x", "/v1/..", "/./v1", "/%76", "/a b"})
    EXPECT_FALSE(is_path(bad)) << bad;
  for (const char* good :
       {"/v1/responses", "/v1/responses/{id}", "/m/{model}:generate", "/{a}/b/{c}"})
    EXPECT_TRUE(is_endpoint_path(good)) << good;
  for (const char* bad : {"/v1/{id", "/v1/{}", "/v1/x{id}", "/v1/{id}/", "/v1/{i?d}", "{id}"})
    EXPECT_FALSE(is_endpoint_path(bad)) << bad;
  for (const char* good : {"api-version", "alt", "include[]", "$alt"})
    EXPECT_TRUE(is_query_name(good)) << good;
  for (const char* bad : {"", "a=b", "a&b", "a b", "a\nb"}) EXPECT_FALSE(is_query_name(bad)) << bad;
}

TEST(Names, Addresses) {
  EXPECT_EQ(parse_address("192.0.2.10"), 0xc000020aU);
  EXPECT_EQ(parse_address("0.0.0.0"), 0U);
  for (const char* bad : {"",
                          "1.2.3",
                          "1.2.3.4.5",
                          "1.2.3.256",
                          "01.2.3.4",
                          "1.2.3.",
                          "1..2.3",
                          " 1.2.3.4",
                          "1.2.3.4 ",
                          "0x1.2.3.4",
                          "1.2.3.1000",
                          "+1.2.3.4",
                          "2001:db8::10::1",
                          "2001:db8::/64",
                          "fe80::1%eth0",
                          "[2001:db8::1]",
                          "::ffff:192.0.2.10",
                          "::ffff:c000:20a",
                          "2001:db8::g",
                          " 2001:db8::1"})
    EXPECT_FALSE(parse_address(bad)) << bad;
  EXPECT_FALSE(parse_address(std::string_view("::2\0", 4)));
  contract::ImageAddress v6;
  v6.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
  EXPECT_EQ(parse_address("2001:db8::10"), v6);
  EXPECT_EQ(parse_address("2001:0DB8:0:0:0:0:0:10"), v6);  // one address, however it is written
  for (const char* good : {"192.0.2.10", "2001:db8::10", "fd00::1", "64:ff9b:1::1"})
    EXPECT_EQ(is_reachable(*parse_address(good)), good[0] != '6') << good;
  for (const char* bad : {"0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
                          "::192.0.2.10", "fe80::1", "febf::1", "ff02::1"})
    EXPECT_FALSE(is_reachable(*parse_address(bad))) << bad;
}

TEST(Names, Pins) {
  const auto pin = parse_pin("sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  ASSERT_TRUE(pin);
  for (size_t i = 0; i < pin->size(); ++i) EXPECT_EQ((*pin)[i], i);
  for (const char* bad : {"", "sha256/", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                          "sha1/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                          "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
                          "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",  // spare bits set
                          "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH-8=",
                          "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ=="})
    EXPECT_FALSE(parse_pin(bad)) << bad;
}

TEST(Digest, HexAndBack) {
  const auto digest = sha256(std::string_view("abc"));
  EXPECT_EQ(digest_hex(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(parse_digest(digest_hex(digest)), digest);
  EXPECT_FALSE(parse_digest("BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_FALSE(parse_digest("ba78"));
}

}  // namespace
}  // namespace sallyport::controlplane::policy
