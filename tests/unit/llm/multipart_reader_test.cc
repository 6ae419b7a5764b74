// A form is read alike at every cut, and what two readers could cut differently is refused.
#include "dataplane/llm/multipart_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sallyport::llm {
namespace {

struct Part {
  std::string name;
  std::string filename;
  std::string type;
  std::string data;
  uint64_t start = 0;
  uint64_t filename_start = 0;
  friend bool operator==(const Part&, const Part&) = default;
};

class Parts final : public MultipartSink {
 public:
  bool part_begin(const MultipartPart& part) override {
    parts.push_back({std::string(part.name), std::string(part.filename),
                     std::string(part.content_type), "", 0, part.filename_start});
    open = true;
    return true;
  }
  bool part_data(std::span<const uint8_t> bytes, uint64_t raw_start) override {
    Part& part = parts.back();
    EXPECT_TRUE(open && !bytes.empty());
    if (part.data.empty()) part.start = raw_start;
    EXPECT_EQ(raw_start, part.start + part.data.size());
    part.data.append(bytes.begin(), bytes.end());
    return true;
  }
  bool part_end() override {
    open = false;
    return true;
  }
  std::vector<Part> parts;
  bool open = false;
};

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

MultipartError read(const std::vector<std::string>& pieces, std::vector<Part>* out = nullptr,
                    std::string_view boundary = "BX") {
  Parts parts;
  MultipartReader reader;
  bool ok = reader.begin(boundary, parts);
  for (const std::string& piece : pieces) ok = ok && reader.feed(bytes_of(piece));
  ok = ok && reader.end();
  EXPECT_EQ(ok, reader.error() == MultipartError::None);
  if (out != nullptr) *out = parts.parts;
  return reader.error();
}

std::string field(const std::string& name, const std::string& data) {
  return "--BX\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + data + "\r\n";
}
const std::string kEnd = "--BX--\r\n";
const std::string kForm =
    field("purpose", "batch") + field("empty", "") +
    "--BX\r\ncontent-disposition: form-data; filename=\"b;1.jsonl\"; name=file\r\n"
    "Content-Type: application/jsonl\r\n\r\nl1\r\nl2\n\r\r\n-\r\n--B\r\n--\r\n" +
    kEnd;

TEST(MultipartReader, EveryCutGivesTheSameParts) {
  std::vector<Part> whole;
  ASSERT_EQ(read({kForm}, &whole), MultipartError::None);
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_EQ(whole[0].name, "purpose");
  EXPECT_EQ(whole[0].data, "batch");
  EXPECT_EQ(kForm.substr(whole[0].start, 5), "batch");
  EXPECT_EQ(whole[1].data, "");
  EXPECT_EQ(whole[2].name, "file");
  EXPECT_EQ(whole[2].filename, "b;1.jsonl");
  EXPECT_EQ(kForm.substr(whole[2].filename_start, 9), "b;1.jsonl");
  EXPECT_EQ(whole[2].type, "application/jsonl");
  EXPECT_EQ(whole[2].data, "l1\r\nl2\n\r\r\n-\r\n--B\r\n--");
  for (size_t a = 0; a <= kForm.size(); ++a) {
    std::vector<Part> parts;
    ASSERT_EQ(read({kForm.substr(0, a), kForm.substr(a)}, &parts), MultipartError::None) << a;
    ASSERT_EQ(parts, whole) << a;
  }
  std::vector<std::string> bytes;
  for (char c : kForm) bytes.emplace_back(1, c);
  std::vector<Part> parts;
  ASSERT_EQ(read(bytes, &parts), MultipartError::None);
  EXPECT_EQ(parts, whole);
}

TEST(MultipartReader, EveryPrefixIsTruncated) {
  // The last CRLF is optional (RFC 2046 5.1.1).
  for (size_t size = 0; size + 2 < kForm.size(); ++size)
    ASSERT_EQ(read({kForm.substr(0, size)}), MultipartError::Truncated) << size;
  EXPECT_EQ(read({kForm.substr(0, kForm.size() - 2)}), MultipartError::None);
}

TEST(MultipartReader, WhatTwoReadersCouldCutDifferentlyIsRefused) {
  const std::string f = field("a", "x");
  using E = MultipartError;
  EXPECT_EQ(read({"\r\n" + f + kEnd}), E::Preamble);
  EXPECT_EQ(read({"hello\r\n" + f + kEnd}), E::Preamble);
  EXPECT_EQ(read({"-" + f + kEnd}), E::Preamble);
  EXPECT_EQ(read({f + kEnd + "x"}), E::Epilogue);
  EXPECT_EQ(read({f + "--BX--x"}), E::Epilogue);
  EXPECT_EQ(read({f + "--BX--\r\n\r\n"}), E::Epilogue);
  EXPECT_EQ(read({"--BX \r\n" + f.substr(6) + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({"--BX\n" + f.substr(6) + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({field("a", "x\n--BX\r\n") + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({field("a", "x\r--BX--") + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({field("a", "x\r\n--BXtra") + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({field("a", "--BX") + kEnd}), E::BadDelimiter);
  EXPECT_EQ(read({f + kEnd}, nullptr, ""), E::BadBoundary);
  EXPECT_EQ(read({f + kEnd}, nullptr, std::string(71, 'x')), E::BadBoundary);
}

TEST(MultipartReader, HeadersThatMeanTwoThingsAreRefused) {
  const auto head = [](const std::string& lines) {
    return read({"--BX\r\n" + lines + "\r\n\r\nx\r\n" + kEnd});
  };
  using E = MultipartError;
  const std::string good = "Content-Disposition: form-data; name=\"a\"";
  EXPECT_EQ(head(good), E::None);
  EXPECT_EQ(head(good + "\r\nContent-Length: 1\r\nContent-Transfer-Encoding: binary"), E::None);
  EXPECT_EQ(head(good + "\r\n" + good), E::BadHeader);
  EXPECT_EQ(head(good + "\r\nX-Other: 1"), E::BadHeader);
  EXPECT_EQ(head(good + "\r\n folded"), E::BadHeader);
  EXPECT_EQ(head(good + "\nContent-Type: text/plain"), E::BadHeader);
  EXPECT_EQ(head(good + "\r\nContent-Transfer-Encoding: base64"), E::CodedPart);
  EXPECT_EQ(head(good + "; name=\"b\""), E::BadHeader);
  EXPECT_EQ(head(good + "; filename*=UTF-8''x"), E::BadHeader);
  EXPECT_EQ(head(good + "; filename=\"a\\\"b\""), E::BadHeader);
  EXPECT_EQ(head(good + "; filename=\"open"), E::BadHeader);
  EXPECT_EQ(head("Content-Disposition: attachment; name=\"a\""), E::BadHeader);
  EXPECT_EQ(head("Content-Disposition: form-data"), E::UnnamedPart);
  EXPECT_EQ(head("Content-Type: text/plain"), E::UnnamedPart);
  EXPECT_EQ(head(good + std::string(kMultipartHeaderBytesMax, ' ')), E::HeaderTooLong);
}

TEST(MultipartReader, NothingStandsSomewhereToo) {
  for (const std::string lines :
       {"Content-Disposition: form-data; name=\"a\"; filename=",
        "Content-Disposition: form-data; name=\"a\"; filename= ; \r\nContent-Type: "}) {
    const std::string form = "--BX\r\n" + lines + "\r\n\r\nx\r\n" + kEnd;
    std::vector<Part> parts;
    (void)read({form}, &parts);
    for (const Part& part : parts) EXPECT_LT(part.filename_start, form.size()) << lines;
  }
}

TEST(MultipartReader, PartsAreCounted) {
  std::string form;
  for (uint32_t i = 0; i < kMultipartPartsMax; ++i) form += field("a", "x");
  EXPECT_EQ(read({form + kEnd}), MultipartError::None);
  EXPECT_EQ(read({form + field("a", "x") + kEnd}), MultipartError::TooManyParts);
}

}  // namespace
}  // namespace sallyport::llm
