#include "dataplane/contract/evidence_record.h"

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <type_traits>

namespace sallyport::contract {
namespace {

// Bytes that are hashed may hide nothing between two fields.
template <typename Part>
concept WholeBytes = std::is_trivially_copyable_v<Part> && std::is_standard_layout_v<Part> &&
    std::has_unique_object_representations_v<Part>;
static_assert(WholeBytes<RecordHeader> && WholeBytes<RequestPart> && WholeBytes<OutcomePart> &&
              WholeBytes<AggregatePart> && WholeBytes<TlsPart> && WholeBytes<NotePart> &&
              WholeBytes<Tally> && WholeBytes<ControlPart> && WholeBytes<ControlField> &&
              WholeBytes<BoundedText<23>>);

// A detected value has nowhere to go: what names a detection is as short as a name, and there is
// no member for its bytes, its place in the message, or a hash of it.
template <typename Part>
concept HasAPlaceForAValue = requires(Part part) {
  part.value;
}
|| requires(Part part) { part.text; }
|| requires(Part part) { part.match; }
|| requires(Part part) { part.plaintext; }
|| requires(Part part) { part.hash; }
|| requires(Part part) { part.token; }
|| requires(Part part) { part.offset; };
static_assert(!HasAPlaceForAValue<Tally> && !HasAPlaceForAValue<RequestPart> &&
              !HasAPlaceForAValue<OutcomePart> && !HasAPlaceForAValue<AggregatePart> &&
              !HasAPlaceForAValue<ControlPart> && !HasAPlaceForAValue<TlsPart>);
static_assert(sizeof(Tally) == 16 + 28 + 20);

// Released numbers: an auditor's tools know them.
static_assert(static_cast<int>(RecordKind::Admitted) == 1);
static_assert(static_cast<int>(RecordKind::Completed) == 2);
static_assert(static_cast<int>(RecordKind::Refused) == 3);
static_assert(static_cast<int>(RecordKind::RefusedAggregate) == 4);
static_assert(static_cast<int>(RecordKind::Interrupted) == 5);
static_assert(static_cast<int>(RecordKind::Gap) == 6);
static_assert(static_cast<int>(RecordKind::Security) == 7);
static_assert(static_cast<int>(RecordKind::Administration) == 8);
static_assert(static_cast<int>(RecordKind::TlsConnection) == 20);
static_assert(static_cast<int>(Outcome::Served) == 1);
static_assert(static_cast<int>(Outcome::Interrupted) == 15);
static_assert(static_cast<int>(TallySection::OnFailureAllowed) == 7);

TEST(BoundedTextTest, KeepsWhatFits) {
  BoundedText<8> text{};
  text.assign("");
  EXPECT_EQ(text.view(), "");
  EXPECT_TRUE(text.valid());
  text.assign("12345678");
  EXPECT_EQ(text.view(), "12345678");
  EXPECT_TRUE(text.valid());
  text.assign("abc");
  EXPECT_EQ(text.view(), "abc");
  EXPECT_EQ(text.bytes[3], '\0') << "nothing of the longer text stays behind";
  EXPECT_TRUE(text.valid());
}

TEST(BoundedTextTest, CutsAndMarks) {
  BoundedText<8> text{};
  text.assign("123456789");
  EXPECT_EQ(text.view(), "1234567~");
  EXPECT_TRUE(text.valid());
}

TEST(BoundedTextTest, IsPrintableWhateverItIsGiven) {
  for (int byte = 0; byte < 256; ++byte) {
    BoundedText<4> text{};
    text.assign(std::string(1, static_cast<char>(byte)));
    EXPECT_TRUE(text.valid());
    EXPECT_EQ(text.view()[0], byte >= 0x20 && byte <= 0x7e ? static_cast<char>(byte) : '?');
  }
}

TEST(BoundedTextTest, BytesThatAreNotATextAreNotValid) {
  BoundedText<4> text{};
  text.length = 5;
  EXPECT_FALSE(text.valid());
  EXPECT_EQ(text.view().size(), 4U) << "a hostile length reads no further";
  text.assign("ab");
  text.bytes[3] = 'x';
  EXPECT_FALSE(text.valid()) << "bytes behind the end";
  text.assign("ab");
  text.bytes[1] = '\x1b';
  EXPECT_FALSE(text.valid());
  text.assign("ab");
  text.bytes[1] = '\0';
  EXPECT_FALSE(text.valid());
}

TEST(RecordShapeTest, EveryKindHasItsParts) {
  EXPECT_EQ(record_shape(1).fixed_bytes, 88U + 536);
  EXPECT_EQ(record_shape(2).fixed_bytes, 88U + 280);
  EXPECT_EQ(record_shape(3).fixed_bytes, 88U + 536 + 280);
  EXPECT_EQ(record_shape(4).fixed_bytes, 88U + 200);
  EXPECT_EQ(record_shape(5).fixed_bytes, 88U + 280);
  for (uint16_t kind = 6; kind <= 7; ++kind) EXPECT_EQ(record_shape(kind).fixed_bytes, 88U + 288);
  for (uint16_t kind = 8; kind <= 19; ++kind) EXPECT_EQ(record_shape(kind).fixed_bytes, 88U + 608);
  EXPECT_EQ(record_shape(20).fixed_bytes, 88U + 608);
  EXPECT_TRUE(record_shape(20).tls);
  EXPECT_FALSE(record_shape(20).control);
  for (const int kind : {0, kRecordKindLast + 1, 255, 65535})
    EXPECT_EQ(record_shape(static_cast<uint16_t>(kind)).fixed_bytes, 0U);
}

TEST(RecordShapeTest, OfVersionTwo) {
  EXPECT_EQ(record_shape(1, 2).fixed_bytes, 88U + 536);
  EXPECT_EQ(record_shape(2, 2).fixed_bytes, 88U + 272);
  EXPECT_EQ(record_shape(3, 2).fixed_bytes, 88U + 536 + 272);
  EXPECT_EQ(record_shape(5, 2).fixed_bytes, 88U + 272);
  EXPECT_EQ(record_shape(19, 2).fixed_bytes, 88U + 608);
  EXPECT_EQ(record_shape(20, 2).fixed_bytes, 0U);
}

TEST(RecordShapeTest, OfVersionOne) {
  EXPECT_EQ(record_shape(1, 1).fixed_bytes, 88U + 504);
  EXPECT_EQ(record_shape(3, 1).fixed_bytes, 88U + 504 + 272);
  EXPECT_EQ(record_shape(8, 1).fixed_bytes, 88U + 288);
  EXPECT_EQ(record_shape(9, 1).fixed_bytes, 0U);
  EXPECT_EQ(record_shape(1, 0).fixed_bytes, 0U);
  EXPECT_EQ(record_shape(1, kRecordVersion + 1).fixed_bytes, 0U);
}

TEST(ControlFieldTest, NamesAreDifferentAndWritten) {
  for (size_t i = 0; i < kControlFields.size(); ++i) {
    EXPECT_EQ(control_field_number(kControlFields[i].name), i + 1) << kControlFields[i].name;
    EXPECT_TRUE(is_field_value(kControlFields[i].name, FieldRule::Code));
  }
  EXPECT_EQ(control_field_number("no_such_name"), 0);
  EXPECT_EQ(control_field_number(""), 0);
  // Released numbers.
  static_assert(control_field_number("author") == 1 && control_field_number("bundle") == 10 &&
                control_field_number("check") == 87);
}

TEST(ControlFieldTest, ValuesFollowTheirRule) {
  EXPECT_TRUE(is_field_value("2026-11-25T22:00:00Z", FieldRule::Time));
  EXPECT_TRUE(is_field_value("2026-11-25T22:00:00.123456789Z", FieldRule::Time));
  for (const char* wrong : {"2026-11-25", "2026-11-25T22:00:00", "2026-11-25T22:00:00.Z",
                            "2026-11-25T22:00:00+01:00", "x026-11-25T22:00:00Z"})
    EXPECT_FALSE(is_field_value(wrong, FieldRule::Time)) << wrong;
  EXPECT_TRUE(is_field_value("0", FieldRule::Number));
  EXPECT_FALSE(is_field_value("01", FieldRule::Number));
  EXPECT_FALSE(is_field_value("1e5", FieldRule::Number));
  EXPECT_FALSE(is_field_value("4111111111111111", FieldRule::Number)) << "as long as a card";
  EXPECT_FALSE(is_field_value("two words", FieldRule::Name));
  EXPECT_FALSE(is_field_value("Upper", FieldRule::Code));
  EXPECT_FALSE(is_field_value("ABCDEF00", FieldRule::Hex));
  EXPECT_FALSE(is_field_value("bob@example.org", FieldRule::Text));
  EXPECT_TRUE(is_field_value("bob@example.org", FieldRule::Identity));
}

class NamesThatAreKept : public ::testing::TestWithParam<const char*> {};
TEST_P(NamesThatAreKept, AsTheyAre) { EXPECT_EQ(sanitise_client_name(GetParam()), GetParam()); }
INSTANTIATE_TEST_SUITE_P(Models, NamesThatAreKept,
                         ::testing::Values("", "gpt-4o", "gpt-4o-mini-2024-07-18",
                                           "claude-3-5-sonnet-20241022", "o1", "x",
                                           "meta-llama/Llama-3.1-70B-Instruct",
                                           "ft:gpt-4o:acme:support:9aBc12", "invoice/summary.v2"));

class NamesThatAreWithheld : public ::testing::TestWithParam<std::string> {};
TEST_P(NamesThatAreWithheld, Whole) { EXPECT_EQ(sanitise_client_name(GetParam()), "withheld"); }
INSTANTIATE_TEST_SUITE_P(Data, NamesThatAreWithheld,
                         ::testing::Values("jane@example.org", "4111111111111111",
                                           "a4111111111111111", "a078-05-1120", "x-078-05-1120-y",
                                           "a078051120", "+12025550100", "Jane Roe", "na\xc3\xafve",
                                           std::string(64, 'a'), std::string("a\0b", 3), "a\nb",
                                           "k" + std::string(19, 'Z'), "sk-" + std::string(24, 'q'),
                                           "-dash", "_under", "4o"));

TEST(SanitiseTest, NeverGrowsAndIsStable) {
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string& name :
         {std::string(1, static_cast<char>(byte)), "a" + std::string(1, static_cast<char>(byte))}) {
      const std::string_view once = sanitise_client_name(name);
      EXPECT_EQ(sanitise_client_name(once), once);
      EXPECT_LE(once.size(), 63U);
    }
  }
}

}  // namespace
}  // namespace sallyport::contract
