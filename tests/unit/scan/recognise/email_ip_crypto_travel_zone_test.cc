// Mail addresses, addresses of the internet and of crypto currencies around one character.
#include "dataplane/scan/recognise/crypto.h"
#include "dataplane/scan/recognise/email.h"
#include "dataplane/scan/recognise/ip.h"
#include "dataplane/scan/recognise/travel_zone.h"
#include "tests/unit/scan/recognise/recognise_fixture.h"

namespace sallyport::scan {
namespace {

std::string email_in(std::string_view text) {
  return first_found(text, email_at, [](std::string_view t, size_t at, Trigger& out) {
    out = Trigger{at, at};
    return t[at] == '@';
  });
}

TEST(Email, NarrowsToTheAddress) {
  for (const Example& one :
       {Example{"'mailto=a.b@c-d.example.com.", "a.b@c-d.example.com"},
        {"John.Doe+x@mail.example.com, now", "John.Doe+x@mail.example.com"},
        {"<zoe@example.net>", "zoe@example.net"},
        {"\xe9\x82\xae\xe7\xae\xb1wei@example.cn\xe3\x80\x82", "wei@example.cn"},
        {"jos\xc3\xa9@example.org", "jos\xc3\xa9@example.org"},
        {"a@m\xc3\xbcller.de", "a@m\xc3\xbcller.de"},
        {"x@xn--mller-kva.de!", "x@xn--mller-kva.de"},
        {"chen.smith@\nexample.com", "chen.smith@\nexample.com"},
        {"a@b.co-", "a@b.co"}})
    EXPECT_EQ(email_in(one.text), one.found) << one.text;
}

TEST(Email, WhatIsNoAddress) {
  for (std::string_view text : {"a@b", "@b.co", "a.@b.co", "a@-b.co", "a@b.1", "icon@2x.png",
                                "getty@tty1.service", "git@github.com:x/y", "@me@social.example"})
    EXPECT_EQ(email_in(text), "") << text;
}

std::string spelt_in(std::string_view text) {
  for (std::string_view word :
       {"[dot]", "(dot)", " dot ", "(punto)", "_dot_", "[at]", "(at)", "[@]", "(arroba)"}) {
    for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
      const std::string one = found_at(text, spelt_email_at, Trigger{at, at + word.size()});
      if (one.empty()) continue;
      // What begins before its trigger was alive all the time.
      const size_t start = text.find(one);
      for (size_t size = start + 1; size < at + word.size(); ++size)
        EXPECT_LE(spelt_email_live_from(view_of(text.substr(0, size), false)), start)
            << text << ' ' << size;
      return one;
    }
  }
  return {};
}

TEST(Email, SpeltWithWords) {
  for (const Example& one :
       {Example{"mail erika [at] example [dot] org please", "erika [at] example [dot] org"},
        {"Mail anna(at)firma-nord.de heute", "anna(at)firma-nord.de"},
        {"Mail anna.m [at] firma-nord.de, heute", "anna.m [at] firma-nord.de"},
        {"Mail anna[@]firma-nord.co.uk heute", "anna[@]firma-nord.co.uk"},
        {"Mail anna (arroba) firma.es", "anna (arroba) firma.es"},
        {"Mail anna (arroba) firma (punto) es", "anna (arroba) firma (punto) es"},
        {"Mail anna_b_at_firma_dot_co_dot_uk heute", "anna_b_at_firma_dot_co_dot_uk"},
        {"erika(at)example(dot)org", "erika(at)example(dot)org"},
        {"john dot smith at example dot co dot uk.", "john dot smith at example dot co dot uk"},
        {"me: kim at example dot com", "kim at example dot com"}})
    EXPECT_EQ(spelt_in(one.text), one.found) << one.text;
  for (std::string_view text : {"v[at].first", "map(at).value", "look (at) this.thing",
                                "user_at_index_dot_x = 3", "(at) firma.de", "look at the dot on it",
                                "at noon dot matrix", "a dot b", "connect the dot com"})
    EXPECT_EQ(spelt_in(text), "") << text;
}

std::string ip_in(std::string_view text) {
  return first_found(text, ip_at, [](std::string_view t, size_t at, Trigger& out) {
    out = Trigger{at, at};
    if (t[at] == '.')
      return at > 0 && at + 1 < t.size() &&
             std::isdigit(static_cast<unsigned char>(t[at - 1])) != 0 &&
             t.substr(at > 4 ? at - 4 : 0, at > 4 ? 4 : at).find('.') == std::string_view::npos;
    return t[at] == ':' && t.substr(at + 1, 5).find(':') != std::string_view::npos &&
           t.substr(at > 5 ? at - 5 : 0, at > 5 ? 5 : at).find(':') == std::string_view::npos;
  });
}

TEST(Ip, Addresses) {
  for (const Example& one :
       {Example{"from 216.201.190.220 failed", "216.201.190.220"},
        {"admin@10.1.2.30", "10.1.2.30"},
        {"10.0.0.0/8", "10.0.0.0"},
        {"10.0.0.1-10.0.0.9", "10.0.0.1"},
        {"1.2.3.4", "~1.2.3.4"},
        {"8.8.8.8", "8.8.8.8"},
        {"2a02:1c15:831d:16d0:6aaa:ec92:3b2e:e868", "2a02:1c15:831d:16d0:6aaa:ec92:3b2e:e868"},
        {"from 2001:b26::9ec0:9cb8 failed", "2001:b26::9ec0:9cb8"},
        {"[fe80::1]", "fe80::1"},
        {"fe80::1%eth0/64", "fe80::1%eth0"},
        {"on 2001:67c:2f68:aec::2600.", "2001:67c:2f68:aec::2600"},
        {"2001:db8::/32", "2001:db8::"},
        {"addr:2001:db8::1 up", "2001:db8::1"},
        {"inet6:fe80::1c3d:9a2e:370:7334", "fe80::1c3d:9a2e:370:7334"},
        {"::ffff:192.168.1.20", "::ffff:192.168.1.20"}})
    EXPECT_EQ(ip_in(one.text), one.found) << one.text;
}

TEST(Ip, VersionsTimesNamesAndMasksOfOthersAreNone) {
  for (std::string_view text :
       {"version 10.20.30.40", "x==10.20.30.40", "v10.20.30.40", "1.2.3.4.5", "10.20.30.256",
        "01.20.30.40", "Chrome/120.0.0.0", "Chrome/75.6.1.29", "10.20.30.40-rc1", "10.20.30.40.tar",
        "std::vector", "a::b", "cafe::babe", "x:a::b", "std:1::2", "x[::2]", "12:34:56",
        "00:1a:2b:3c:4d:5e:6f:70", "lib-10.20.30.40"})
    EXPECT_EQ(ip_in(text), "") << text;
}

std::string crypto_of(std::string_view run) {
  return found_at(run, crypto_at, Trigger{0, run.size()});
}

TEST(Crypto, TheChecksumDecides) {
  EXPECT_EQ(crypto_of("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
  EXPECT_EQ(crypto_of("0xde709f2102306220921060314715629080e2fb77"),
            "~0xde709f2102306220921060314715629080e2fb77");
  EXPECT_EQ(crypto_of("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"), "");
  EXPECT_EQ(crypto_of("4898eeb6dad809d87eedc34c0d686bc6"), "");
}

// ICAO Doc 9303, part 4 appendix B and part 5 appendix B.
std::string zone_in(std::string_view text) {
  const std::string one =
      first_found(text, travel_zone_at, [](std::string_view t, size_t at, Trigger& out) {
        out = Trigger{at, at + 3};
        return t.substr(at, 3) == "<<<";
      });
  if (one.empty()) return one;
  const size_t start = text.find(one), cue = text.find("<<<");
  for (size_t size = start + 1; size < cue + 3; ++size)
    EXPECT_LE(travel_zone_live_from(view_of(text.substr(0, size), false)), start) << size;
  return one;
}

TEST(TravelZone, PassportsAndCardsByTheirCheckDigits) {
  const std::string passport =
      "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
  const std::string card =
      "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<"
      "<<";
  EXPECT_EQ(zone_in("scan: " + passport + " end"), passport);
  EXPECT_EQ(zone_in(card + "\n"), card);
  EXPECT_EQ(zone_in("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
                    "\nL898902C37UTO7408122F1204159ZE184226B<<<<<10"),
            "");
  EXPECT_EQ(zone_in("a <<< b; git diff <<<<<<< HEAD"), "");
}

}  // namespace
}  // namespace sallyport::scan
