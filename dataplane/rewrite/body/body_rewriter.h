// body_rewriter.h: a body of any framing that the tables allow: JSON, a form, JSON lines, text, or
// bytes that nobody reads. One interface for whoever holds the body: feed it, take its edits.
//
// Owner   one message of one exchange; reusable.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/llm/multipart_reader.h"
#include "dataplane/rewrite/body/file_rewriter.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/body/lines_rewriter.h"
#include "dataplane/rewrite/body/multipart_rewriter.h"
#include "dataplane/rewrite/body/output_check.h"
#include "dataplane/rewrite/text/limits.h"

namespace sallyport::rewrite {

class BodyRewriter {
 public:
  // `boundary`: of a form; a view that must last until begin() returns. `scope` and the table must
  // outlive the body. REQUIRES: table.takes(format), or a text that stands for an answer.
  void begin(RewriteScope& scope, const llm::PathTable& table, llm::BodyFormat format,
             std::string_view boundary = {});
  // Any chunking. False: scope.refusal is set, or problem() names what the body is not.
  [[nodiscard]] bool feed(std::span<const uint8_t> raw);
  [[nodiscard]] bool end();

  llm::BodyFormat format() const noexcept { return format_; }
  // In raw offsets of the body.
  EditList& edits() noexcept { return format_ == llm::BodyFormat::Json ? json_.edits() : edits_; }
  const MessageFacts& facts() const noexcept;
  std::span<const JsonRewriter::Mark> marks() const noexcept;
  std::string_view problem() const noexcept;

 private:
  // Most exchanges never see anything but JSON: made when first needed, kept for the next one.
  struct Others {
    LinesRewriter lines;
    FileRewriter file;
    MultipartRewriter parts;
  };
  bool end_content();
  uint64_t counted() const noexcept;

  llm::BodyFormat format_ = llm::BodyFormat::Json;
  RewriteScope* scope_ = nullptr;
  uint64_t fed_ = 0;
  uint64_t counted_before_ = 0;  // in scope_->tally, when this body began
  JsonRewriter json_{kJsonNestingMax};
  std::unique_ptr<Others> others_;
  EditList edits_;
  MessageFacts none_;
};

// Reads a body that we have edited again before it leaves, in its own framing: JSON must still be
// JSON, every line and every part of it.
class BodyCheck final : private llm::MultipartSink {
 public:
  explicit BodyCheck(OutputCheck& json) : json_(&json) {}
  // `boundary` must outlive the check.
  void begin(llm::BodyFormat format, std::string_view boundary);
  [[nodiscard]] bool feed(std::span<const uint8_t> text);
  [[nodiscard]] bool end();

 private:
  bool part_begin(const llm::MultipartPart& part) override;
  bool part_data(std::span<const uint8_t> bytes, uint64_t raw_start) override;
  bool part_end() override;
  void begin_content(llm::BodyFormat format) noexcept;
  bool feed_content(std::span<const uint8_t> text);
  bool end_content();

  OutputCheck* json_;
  llm::MultipartReader reader_;
  llm::BodyFormat format_ = llm::BodyFormat::Json;
  llm::BodyFormat content_ = llm::BodyFormat::Json;
  ByteMark mark_;  // of a file's JSON; the API's own has none
  bool in_line_ = false;
  bool has_content_ = false;
};

}  // namespace sallyport::rewrite
