// multipart_rewriter.h: a multipart/form-data body: every part by the class that the tables give
// its name.
//
//   name              path in the request's shape
//   prompt            prompt
//   metadata[key]     metadata.key
//   keywords[], [0]   keywords[*]
//
//   part              what happens
//   file, or class B  its content as what it is (file_rewriter.h); its name is a text
//   T I R U Unknown Structural
//                     one text
//   J L, or a part that says it is JSON
//                     JSON text when it is, else one text
//   O S N             not touched, counted as opaque
//
// The head of a part is text as well: names that no table has, file names, content types. Edits lie
// inside of these and of contents, and hold no line end: the framing stays as it came.
//
// Owner   one body of one exchange; reusable. The JSON reader is lent by the holder.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dataplane/llm/multipart_reader.h"
#include "dataplane/rewrite/body/file_rewriter.h"
#include "dataplane/rewrite/body/json_rewriter.h"
#include "dataplane/rewrite/text/limits.h"
#include "dataplane/rewrite/text/rewrite_scope.h"
#include "dataplane/rewrite/text/text_edit.h"
#include "dataplane/rewrite/text/text_rewriter.h"

namespace sallyport::rewrite {

class MultipartRewriter final : private llm::MultipartSink {
 public:
  // `boundary`: of the content type. Edits go to `edits`, in raw offsets of the body. All must
  // outlive the body.
  void begin(RewriteScope& scope, const llm::PathTable& table, std::string_view boundary,
             JsonRewriter& json, EditList& edits);
  // Any chunking. False: refused, scope.refusal is set or problem() names what is wrong.
  [[nodiscard]] bool feed(std::span<const uint8_t> raw) { return reader_.feed(raw) && !failed_; }
  [[nodiscard]] bool end() { return reader_.end() && !failed_; }
  std::string_view problem() const noexcept;
  const MessageFacts& facts() const noexcept { return facts_; }

 private:
  enum class Treat : uint8_t { Opaque, Text, Arguments, File };

  bool part_begin(const llm::MultipartPart& part) override;
  bool part_data(std::span<const uint8_t> bytes, uint64_t raw_start) override;
  bool part_end() override;

  uint32_t node_of(std::string_view name, bool& is_known) const noexcept;
  void begin_part(const llm::MultipartPart& part, uint32_t node);
  void note_name(std::string_view name) noexcept;
  bool judge(std::string_view text, uint64_t raw_start);
  bool take_edits(EditList& made, uint64_t raw_start);
  void note_fact(std::span<const uint8_t> bytes);

  RewriteScope* scope_ = nullptr;
  llm::PathTable table_;
  JsonRewriter* json_ = nullptr;
  EditList* edits_ = nullptr;
  llm::MultipartReader reader_;
  FileRewriter file_;
  TextRewriter text_;
  std::unique_ptr<ArgumentsRewriter> arguments_;  // made when first needed
  std::array<uint8_t, kBeforeBytesMax> name_{};   // of the part, where no table has it
  size_t name_size_ = 0;
  Treat treat_ = Treat::Opaque;
  contract::OpaqueReason opaque_ = contract::OpaqueReason::Other;
  llm::LeafRole role_ = llm::LeafRole::None;
  bool is_started_ = false;     // the content's first byte has come
  uint64_t content_start_ = 0;  // raw offset of it
  FileRewriter::Content declared_ = FileRewriter::Content::Undecided;
  llm::PathTable file_table_;
  MessageFacts facts_;
  std::array<char, 8> literal_{};  // value of the part that asks for a stream
  size_t literal_size_ = 0;
  bool failed_ = false;
  bool is_file_ = false;  // what failed is a file
};

}  // namespace sallyport::rewrite
