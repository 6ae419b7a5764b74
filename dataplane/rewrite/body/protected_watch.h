// protected_watch.h: tokens in text that must not be touched (signed thinking, class O): they are
// found and counted, so that evidence says how many values an answer kept back, and nothing else
// happens to them.
//
// Owner   one text at a time of one exchange; reusable.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/redact/token_finder.h"
#include "dataplane/rewrite/text/rewrite_scope.h"

namespace sallyport::rewrite {

class ProtectedWatch {
 public:
  // A text begins; the one before, if any, is over.
  void begin(RewriteScope& scope) noexcept {
    end();
    scope_ = &scope;
    finder_.begin(*scope.labels);
  }
  void feed(std::span<const uint8_t> decoded) noexcept {
    constexpr size_t kPieceBytes = 4'096;  // bounds what the finder lists at one time
    while (scope_ != nullptr && !decoded.empty()) {
      const auto piece = decoded.first(std::min(decoded.size(), kPieceBytes));
      decoded = decoded.subspan(piece.size());
      // More than it can list: what was found counts, and nothing is lost but a count.
      (void)finder_.feed(piece);
      count();
    }
  }
  void end() noexcept {
    if (scope_ == nullptr) return;
    finder_.end();
    count();
    scope_ = nullptr;
  }
  // Another exchange begins; nothing more is counted for the one before.
  void forget() noexcept { scope_ = nullptr; }

 private:
  void count() noexcept {
    for (const redact::TokenMatch& match : finder_.matches())
      if (scope_->tokens->find(match.core, match.entity) != nullptr)
        ++scope_->tally.protected_tokens;
    finder_.take(finder_.matches().size());
  }

  RewriteScope* scope_ = nullptr;  // null: no text
  redact::TokenFinder finder_;
};

}  // namespace sallyport::rewrite
