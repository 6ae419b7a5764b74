#include "controlplane/restore/reviews.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

namespace sallyport::restore {

using nlohmann::json;

namespace {

std::string id_of(int64_t opened_s, uint64_t number) {
  const time_t when = static_cast<time_t>(opened_s);
  tm day{};
  gmtime_r(&when, &day);
  char text[16];
  strftime(text, sizeof text, "%Y%m%d", &day);
  return "bg-" + std::string(text) + "-" + std::to_string(number);
}

ReviewItem item_of(const json& from) {
  ReviewItem item;
  item.id = from.at("id");
  item.opened_s = from.at("opened");
  item.principal = from.at("principal");
  item.tenant = from.at("tenant");
  item.reason = from.at("reason");
  item.ticket = from.at("ticket");
  item.values = from.at("values");
  return item;
}

json json_of(const ReviewItem& item) {
  return {{"id", item.id},         {"opened", item.opened_s}, {"principal", item.principal},
          {"tenant", item.tenant}, {"reason", item.reason},   {"ticket", item.ticket},
          {"values", item.values}};
}

}  // namespace

Reviews::Reviews(std::string_view text, Save save) : save_(std::move(save)) {
  if (text.empty()) return;
  try {
    const json all = json::parse(text);
    next_ = all.at("next");
    for (const json& one : all.at("open")) open_.push_back(item_of(one));
  } catch (const std::exception&) {
    damaged_ = true;
  }
}

bool Reviews::save_all(const std::vector<ReviewItem>& items) const {
  json list = json::array();
  for (const ReviewItem& item : items) list.push_back(json_of(item));
  const json all = {{"next", next_}, {"open", list}};
  return save_(all.dump(1, ' ', true, json::error_handler_t::replace) + "\n");
}

std::string Reviews::add(ReviewItem item) {
  if (damaged_ || open_.size() >= kOpenReviewsMax) return {};
  item.id = id_of(item.opened_s, next_++);
  std::vector<ReviewItem> items = open_;
  items.push_back(item);
  if (!save_all(items)) return {};
  open_ = std::move(items);
  return item.id;
}

bool Reviews::close(std::string_view id) {
  std::vector<ReviewItem> items = open_;
  if (std::erase_if(items, [&](const ReviewItem& one) { return one.id == id; }) == 0) return false;
  if (!save_all(items)) return false;
  open_ = std::move(items);
  return true;
}

}  // namespace sallyport::restore
