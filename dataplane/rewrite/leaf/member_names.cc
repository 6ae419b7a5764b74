#include "dataplane/rewrite/leaf/member_names.h"

#include <algorithm>

#include "dataplane/base/ascii.h"
#include "dataplane/base/bytes.h"
#include "dataplane/mem/wipe.h"

namespace sallyport::rewrite {
namespace {

using base::is_digit;

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

// Maps from whose a value is to the value: {"passwords": {"anna": ...}}.
constexpr std::array<std::string_view, 10> kMapsOfSecrets{
    {"passwords", "passphrases", "passwds", "pwds", "ssns", "api_keys", "apikeys", "api-keys",
     "access_tokens", "accesstokens"}};

bool ends_with(std::span<const uint8_t> text, std::string_view end) noexcept {
  return text.size() >= end.size() &&
         base::equals_ignoring_case(base::text_of(text.last(end.size())), end);
}

bool is_map_of_secrets(std::span<const uint8_t> name) noexcept {
  if (name.empty() || base::to_lower(name.back()) != 's') return false;
  return std::any_of(kMapsOfSecrets.begin(), kMapsOfSecrets.end(),
                     [&](std::string_view map) { return ends_with(name, map); });
}

// One of many.
std::span<const uint8_t> singular(std::span<const uint8_t> name) noexcept {
  const bool is_plural = name.size() > 1 && base::to_lower(name.back()) == 's';
  return is_plural ? name.first(name.size() - 1) : name;
}

// {"GetContact": {"name": "GetContact"}}: names of operations and types are no people.
bool is_type_name(std::span<const uint8_t> name) noexcept {
  return base::is_upper(name[0]) && std::any_of(name.begin() + 1, name.end(), base::is_upper) &&
         !std::all_of(name.begin() + 1, name.end(), base::is_upper);
}

Says what_it_says(std::span<const uint8_t> name) noexcept {
  // The number of a row: {"ssn": {"0": ..., "1": ...}}.
  if (!name.empty() && is_digit(name[0]) && std::all_of(name.begin(), name.end(), is_digit))
    return Says::Nothing;
  if (name.empty() || name.size() > kMemberWordBytesMax ||
      (kFirstLetters[name.size()] >> (base::to_lower(name[0]) % 32) & 1) == 0)
    return Says::What;
  for (const MemberWord& word : kMemberWords)
    if (base::equals_ignoring_case(base::text_of(name), word.name)) return word.says;
  return Says::What;
}

}  // namespace

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
    parent_is_map_ = is_map_of_secrets(parent_.text());
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
  const size_t room = kMemberNameBytesMax - std::min(name_.size, kMemberNameBytesMax - 1) - 1;
  std::span<const uint8_t> before;
  if (says == Says::Part && other != nullptr) before = other->text();
  // Whose name it is: {"customer": {"name": ...}}.
  if (has_parent && says == Says::Label && ends_with(name_.text(), "name") &&
      !is_type_name(parent_.text()))
    before = singular(parent_.text());
  if (!before.empty()) {
    put(before.first(std::min(before.size(), room)));
    put(base::bytes_of(" "));
  }
  put(name_.text());
  if (says == Says::What && has_parent && parent_is_map_) {
    put(base::bytes_of(" "));
    put(singular(parent_.text()).first(std::min(parent_.size - 1, room)));
  }
  put(base::bytes_of(": "));
}

void MemberNames::begin_value(unsigned depth) noexcept {
  names_another_ = names_another_ && depth == name_.depth;
  if (!names_another_) return;
  label_.clear();
  label_.depth = depth;
}

}  // namespace sallyport::rewrite
