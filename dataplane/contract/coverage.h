// coverage.h: the words for what happened to every byte of a message body.
//
// Each byte of a body is in exactly one of three sums: inspected (text that the scanner read),
// opaque (values that nobody reads, by reason) and structure (JSON syntax, and names and values of
// the vendor's grammar that are no text). Rewritten bytes are those inspected bytes that an edit
// replaced. What a reference points at is in none of them, because its bytes never pass here: such
// a reference is counted, and its own text is inspected.
//
// The numbers are those of a compiled image (LlmRule::opaque), the names those of evidence and of
// the coverage header: neither is ever reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::contract {

// Why a value was not read.
enum class OpaqueReason : uint8_t {
  Other = 0,  // binary that no table says more about
  Image = 1,
  Document = 2,  // PDF, office files, an uploaded file of any kind
  Audio = 3,
  Video = 4,
  RemoteUrl = 5,       // content behind a URL: its bytes never pass here, the URL is text
  ReferenceId = 6,     // content that the vendor keeps under an id: likewise
  Protected = 7,       // encrypted, or signed over its bytes by the vendor
  BinaryDownload = 8,  // an answer that is a file
  TokenArray = 9,      // text as numbers of a vendor's tokenizer
  Vector = 10,         // an embedding, as base64
  Credential = 11      // a key that the caller gives to the vendor's tools
};
inline constexpr size_t kOpaqueReasonCount = 12;

constexpr std::string_view opaque_reason_name(OpaqueReason reason) noexcept {
  constexpr std::string_view kNames[kOpaqueReasonCount] = {
      "other",        "image",     "document",        "audio",       "video",  "remote_url",
      "reference_id", "protected", "binary_download", "token_array", "vector", "credential"};
  const auto i = static_cast<size_t>(reason);
  return i < kOpaqueReasonCount ? kNames[i] : kNames[0];
}

// Case is the caller's: RFC 2045 5.1 compares types without it, vendors write them in lower case.
constexpr OpaqueReason opaque_reason_of_media_type(std::string_view media_type) noexcept {
  if (media_type.starts_with("image/")) return OpaqueReason::Image;
  if (media_type.starts_with("audio/")) return OpaqueReason::Audio;
  if (media_type.starts_with("video/")) return OpaqueReason::Video;
  if (media_type.starts_with("application/") || media_type.starts_with("text/"))
    return OpaqueReason::Document;
  return OpaqueReason::Other;
}

}  // namespace sallyport::contract
