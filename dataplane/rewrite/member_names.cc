#include "dataplane/rewrite/member_names.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/bytes.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

enum class Says : uint8_t {
  What,     // what its value is
  Nothing,  // that it is one
  Part,     // which part of its object
  Label,    // that its value names what stands beside it
  Type      // that its value says of what the number beside it is
};

struct MemberWord {
  std::string_view name;
  Says says;
};
// Of lists of pairs, JSON Schema, OpenAPI, XML in JSON, FHIR, Kubernetes, DynamoDB, Firestore.
constexpr std::array<MemberWord, 54> kMemberWords{{{"value", Says::Nothing},
                                                   {"values", Says::Nothing},
                                                   {"val", Says::Nothing},
                                                   {"v", Says::Nothing},
                                                   {"s", Says::Nothing},
                                                   {"n", Says::Nothing},
                                                   {"_", Says::Nothing},
                                                   {"$t", Says::Nothing},
                                                   {"#text", Says::Nothing},
                                                   {"_text", Says::Nothing},
                                                   {"@value", Says::Nothing},
                                                   {"text", Says::Nothing},
                                                   {"raw", Says::Nothing},
                                                   {"content", Says::Nothing},
                                                   {"data", Says::Nothing},
                                                   {"string", Says::Nothing},
                                                   {"stringvalue", Says::Nothing},
                                                   {"string_value", Says::Nothing},
                                                   {"valuestring", Says::Nothing},
                                                   {"numbervalue", Says::Nothing},
                                                   {"number_value", Says::Nothing},
                                                   {"integervalue", Says::Nothing},
                                                   {"default", Says::Nothing},
                                                   {"example", Says::Nothing},
                                                   {"examples", Says::Nothing},
                                                   {"enum", Says::Nothing},
                                                   {"const", Says::Nothing},
                                                   {"answer", Says::Nothing},
                                                   {"current", Says::Nothing},
                                                   {"old", Says::Nothing},
                                                   {"new", Says::Nothing},
                                                   {"number", Says::Part},
                                                   {"no", Says::Part},
                                                   {"num", Says::Part},
                                                   {"nr", Says::Part},
                                                   {"code", Says::Part},
                                                   {"pin", Says::Part},
                                                   {"type", Says::Type},
                                                   {"kind", Says::Type},
                                                   {"doctype", Says::Type},
                                                   {"name", Says::Label},
                                                   {"key", Says::Label},
                                                   {"k", Says::Label},
                                                   {"label", Says::Label},
                                                   {"field", Says::Label},
                                                   {"fieldname", Says::Label},
                                                   {"field_name", Says::Label},
                                                   {"question", Says::Label},
                                                   {"attribute", Says::Label},
                                                   {"param", Says::Label},
                                                   {"parameter", Says::Label},
                                                   {"property", Says::Label},
                                                   {"variable", Says::Label},
                                                   {"system", Says::Label}}};

constexpr size_t kMemberWordBytesMax = 12;

// By length: a bit for each first letter, modulo 32.
constexpr std::array<uint32_t, kMemberWordBytesMax + 1> kFirstLetters = [] {
  std::array<uint32_t, kMemberWordBytesMax + 1> out{};
  for (const MemberWord& word : kMemberWords)
    out[word.name.size()] |= uint32_t{1} << (static_cast<uint8_t>(word.name[0]) % 32);
  return out;
}();

Says what_it_says(std::span<const uint8_t> name) noexcept {
  if (name.empty() || name.size() > kMemberWordBytesMax ||
      (kFirstLetters[name.size()] >> (base::to_lower(name[0]) % 32) & 1) == 0)
    return Says::What;
  for (const MemberWord& word : kMemberWords)
    if (std::equal(name.begin(), name.end(), word.name.begin(), word.name.end(),
                   [](uint8_t a, char b) { return base::to_lower(a) == static_cast<uint8_t>(b); }))
      return word.says;
  return Says::What;
}

}  // namespace

void MemberNames::Text::add(std::span<const uint8_t> text) noexcept {
  const auto part = text.first(std::min(text.size(), bytes.size() - size));
  std::copy(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  size += part.size();
}

void MemberNames::Text::add_end(std::span<const uint8_t> text) noexcept {
  text = text.last(std::min(text.size(), bytes.size()));
  const size_t kept = std::min(size, bytes.size() - text.size());
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(size - kept),
            bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.begin());
  size = kept;
  add(text);
}

void MemberNames::begin() noexcept {
  for (Text* text : {&name_, &parent_, &label_}) {
    mem::wipe(text->bytes);
    text->clear();
    text->depth = 0;
  }
  names_another_ = label_is_type_ = false;
  mem::wipe(context_);
  context_size_ = 0;
}

// Deeper than the last name: inside of that one's value.
void MemberNames::begin_name(unsigned depth) noexcept {
  if (depth > name_.depth) {
    parent_ = name_;
    parent_.depth = depth;
  } else if (depth < parent_.depth) {
    parent_.clear();
  }
  if (depth != label_.depth) label_.clear();
  name_.clear();
  name_.depth = depth;
  names_another_ = false;
}

void MemberNames::put(std::span<const uint8_t> text) noexcept {
  const auto part = text.first(std::min(text.size(), context_.size() - context_size_));
  std::copy(part.begin(), part.end(),
            context_.begin() + static_cast<std::ptrdiff_t>(context_size_));
  context_size_ += part.size();
}

void MemberNames::end_name() noexcept {
  const Says says = what_it_says(name_.text());
  const bool has_parent = parent_.size > 0 && parent_.depth == name_.depth;
  const bool has_label = label_.size > 0 && (says == Says::Part || !label_is_type_);
  const Text* other = has_label ? &label_ : has_parent ? &parent_ : nullptr;
  names_another_ = says == Says::Label || says == Says::Type;
  if (names_another_) label_is_type_ = says == Says::Type;
  if (says == Says::Nothing && other != nullptr) {
    const unsigned depth = name_.depth;
    name_ = *other;
    name_.depth = depth;
  }
  context_size_ = 0;
  if (says == Says::Part && other != nullptr) {
    const size_t room = kMemberNameBytesMax - name_.size - 1;
    put(other->text().first(std::min(other->size, room)));
    put(base::bytes_of(" "));
  }
  put(name_.text());
  put(base::bytes_of(": "));
}

void MemberNames::begin_value(unsigned depth) noexcept {
  names_another_ = names_another_ && depth == name_.depth;
  if (!names_another_) return;
  label_.clear();
  label_.depth = depth;
}

}  // namespace sallyport::rewrite
