// The small rules under exports and snapshots: paths, cells, signatures of S3, samples.
#include "controlplane/evidence/export/export_layout.h"

#include <gtest/gtest.h>

#include "controlplane/evidence/bucket/s3_signature.h"
#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/query/criteria.h"
#include "controlplane/evidence/query/population.h"

namespace sallyport::evidence_log {
namespace {

TEST(ExportLayout, TilesArePathedAsC2spSays) {
  EXPECT_EQ(tile_path("0", 0, 256), "tile/0/000");
  EXPECT_EQ(tile_path("0", 273, 112), "tile/0/273.p/112");
  EXPECT_EQ(tile_path("1", 1'234'067, 256), "tile/1/x001/x234/067");
  EXPECT_EQ(tile_path("entries", 1'000, 1), "tile/entries/x001/000.p/1");
}

TEST(ExportLayout, ACellIsNeverAFormula) {
  EXPECT_EQ(csv_cell("plain"), "\"plain\"");
  EXPECT_EQ(csv_cell("a\"b"), "\"a\"\"b\"");
  for (const std::string text : {"=1+1", "+1", "-1", "@a", "  =1", "\t=1",
                                 "\xef\xbc\x9d"
                                 "1",
                                 "\xef\xbc\x8d"
                                 "1"})
    EXPECT_EQ(csv_cell(text).substr(0, 2), "\"'") << text;
  EXPECT_EQ(csv_cell("a\r\nb"), "\"a??b\"");
  EXPECT_EQ(csv_cell("1-2"), "\"1-2\"");
}

// The examples of the published description of Signature Version 4 for S3.
TEST(S3Signature, GivesThePublishedSignatures) {
  const S3Secret secret{std::string("AKIA") + "IOSFODNN7EXAMPLE",
                        std::string("wJalrXUtnFEMI/") + "K7MDENG/bPxRfiCYEXAMPLEKEY"};
  S3Request request;
  request.method = "GET";
  request.host = "examplebucket.s3.amazonaws.com";
  request.path = "/test.txt";
  request.headers = {{"range", "bytes=0-9"}};
  request.payload_sha256 = lower_hex(sha256({}));
  const auto last = [&] {
    return signed_headers(request, secret, "us-east-1", "20130524T000000Z").back();
  };
  EXPECT_TRUE(last().ends_with("f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
  request.path = "/";
  request.headers.clear();
  request.query = {{"lifecycle", ""}};
  EXPECT_TRUE(last().ends_with("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  request.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_TRUE(last().ends_with("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(Sample, TakesOneOfEachStratumAndAllWhenThereAreFewer) {
  const auto some = choose_sample("00", 1'000, 10);
  ASSERT_EQ(some.size(), 10U);
  for (uint64_t s = 0; s < 10; ++s) {
    EXPECT_GE(some[s].position, s * 100);
    EXPECT_LT(some[s].position, (s + 1) * 100);
  }
  EXPECT_NE(choose_sample("01", 1'000, 10)[0].position * 1'000 +
                choose_sample("01", 1'000, 10)[1].position,
            some[0].position * 1'000 + some[1].position);
  EXPECT_EQ(choose_sample("00", 3, 10).size(), 3U);
  EXPECT_EQ(choose_sample("00", 3, 10)[2].position, 2U);
  EXPECT_TRUE(choose_sample("00", 0, 10).empty());
}

TEST(Criteria, AllSixtyOneAreThere) {
  EXPECT_EQ(criteria().size(), 61U);
  ASSERT_NE(find_criterion("CC6.7"), nullptr);
  EXPECT_EQ(find_criterion("CC6.7")->kinds, "REQ,TLS,TST");
  EXPECT_EQ(find_criterion("CC6"), nullptr);
}

}  // namespace
}  // namespace sallyport::evidence_log
