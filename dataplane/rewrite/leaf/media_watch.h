// media_watch.h: what a value that nobody reads is, where only the member beside it says so:
// {"mimeType": "image/png", "data": "..."}, in either order.
//
// A value whose type has come already is judged under it at once; one whose type comes later when
// it comes (the message is still held then), one without any as what its table says. A type never
// makes an unread value of one that is read: who writes "image/png" beside a text gains nothing.
//
// Owner   one JSON text; reusable.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/contract/coverage.h"
#include "dataplane/rewrite/leaf/offset_book.h"

namespace sallyport::rewrite {

class MediaWatch {
 public:
  // The value that the last object with a type has.
  struct Value {
    OffsetPlace place;
    contract::OpaqueReason reason = contract::OpaqueReason::Other;  // under which it was judged
    uint64_t bytes = 0;                                             // that were counted under it
    bool is_unread = false;
    bool is_judged = false;
  };

  void begin() noexcept {
    type_.reset();
    value_.reset();
  }
  // A value begins: the kind that the type before it says; nothing: none has come.
  std::optional<contract::OpaqueReason> type_of(const OffsetPlace& place) const noexcept {
    if (!type_ || type_->place != place) return std::nullopt;
    return type_->reason;
  }
  // The value of this object; the one before, if any, must have been taken.
  void set_value(const Value& value) noexcept { value_ = value; }
  Value* value() noexcept { return value_ ? &*value_ : nullptr; }
  std::optional<Value> take_value() noexcept {
    const std::optional<Value> out = value_;
    value_.reset();
    return out;
  }
  // A type has been read: "Image/PNG; x=1".
  contract::OpaqueReason set_type(const OffsetPlace& place, std::string_view text) noexcept {
    constexpr size_t kTypeBytesMax = 16;  // of which the kind is the beginning
    std::array<char, kTypeBytesMax> lower{};
    const size_t size = std::min(text.size(), lower.size());
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    type_ = Type{place, contract::opaque_reason_of_media_type({lower.data(), size})};
    return type_->reason;
  }

 private:
  struct Type {
    OffsetPlace place;
    contract::OpaqueReason reason;
  };
  std::optional<Type> type_;
  std::optional<Value> value_;
};

}  // namespace sallyport::rewrite
