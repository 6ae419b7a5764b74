// reviews.h: what was done by break-glass and has not been looked at since.
//
// An item is written down (and synced) before the values are handed out, and stays until somebody
// closes it; `sallyctl status` shows open ones. The evidence log holds both ends, this file only
// what is open.
// Owner  RestoreService, under its lock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::restore {

inline constexpr size_t kOpenReviewsMax = 256;  // then break-glass is refused: somebody must look

struct ReviewItem {
  std::string id;  // "bg-20261125-3"
  int64_t opened_s = 0;
  std::string principal, tenant, reason, ticket;
  uint64_t values = 0;
};

class Reviews {
 public:
  // Writes the text in the place of the former one; false: the disk refused.
  using Save = std::function<bool(std::string_view text)>;

  // `text`: what was saved last, or empty. Nothing is lost silently: `damaged` says that the text
  // could not be read, and break-glass is refused until somebody removes the file.
  Reviews(std::string_view text, Save save);

  const std::vector<ReviewItem>& open() const { return open_; }
  bool damaged() const { return damaged_; }
  // The id; empty: no room, damaged, or not saved. Nothing is then handed out.
  std::string add(ReviewItem item);
  // False: no such item, or not saved.
  bool close(std::string_view id);

 private:
  bool save_all(const std::vector<ReviewItem>& items) const;

  Save save_;
  std::vector<ReviewItem> open_;
  uint64_t next_ = 1;
  bool damaged_ = false;
};

}  // namespace sallyport::restore
