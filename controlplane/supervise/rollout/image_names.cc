#include "controlplane/supervise/rollout/image_names.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "dataplane/contract/test_layout.h"

namespace sallyport::supervise {

namespace {

using contract::SectionKind;

// The image as sections of plain structs; every access is checked and copied.
class Sections {
 public:
  explicit Sections(std::span<const uint8_t> image) : image_(image) {}

  bool open(std::string& error) {
    if (!copy(0, header_) || header_.magic != contract::kImageMagic) {
      error = "not a policy image";
      return false;
    }
    if (header_.version != contract::kImageVersion) {
      error = "image version " + std::to_string(header_.version) + ", this sallyportd knows " +
              std::to_string(contract::kImageVersion) + "; compile the bundle again";
      return false;
    }
    if (header_.image_bytes != image_.size() || header_.section_count != contract::kSectionCount) {
      error = "image is cut or has another number of sections";
      return false;
    }
    return true;
  }

  // The section's bytes; empty span when it does not lie inside the image.
  std::span<const uint8_t> section(SectionKind kind) const {
    contract::ImageSection entry{};
    const size_t index = static_cast<size_t>(kind) - 1;
    if (!copy(sizeof header_ + index * sizeof entry, entry)) return {};
    if (entry.kind != static_cast<uint32_t>(kind) || entry.offset > image_.size() ||
        entry.bytes > image_.size() - entry.offset)
      return {};
    return image_.subspan(entry.offset, entry.bytes);
  }

  std::optional<std::string> text(const contract::ImageText& where) const {
    const std::span<const uint8_t> all = section(SectionKind::Strings);
    if (where.offset > all.size() || where.size > all.size() - where.offset) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(all.data()) + where.offset, where.size);
  }

  const contract::ImageHeader& header() const { return header_; }

 private:
  template <typename T>
  bool copy(size_t offset, T& into) const {
    if (offset > image_.size() || sizeof into > image_.size() - offset) return false;
    std::memcpy(&into, image_.data() + offset, sizeof into);
    return true;
  }

  std::span<const uint8_t> image_;
  contract::ImageHeader header_{};
};

// The text that `member` points at, in every T of the section, or in those whose bit is set in
// `only`. False: one does not hold.
template <typename T>
bool collect(const Sections& sections, SectionKind kind, contract::ImageText T::*member,
             std::vector<std::string>& into, uint64_t only = ~uint64_t{0}) {
  const std::span<const uint8_t> bytes = sections.section(kind);
  if (bytes.size() % sizeof(T) != 0) return false;
  std::set<std::string> names;
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T entry;
    std::memcpy(&entry, bytes.data() + at, sizeof entry);
    const std::optional<std::string> name = sections.text(entry.*member);
    if (!name || name->size() > contract::kSecretNameBytesMax) return false;
    const size_t index = at / sizeof(T);
    const bool wanted = index >= contract::kVendorsMax || (only >> index & 1) != 0;
    if (wanted && !name->empty()) names.insert(*name);
  }
  into.assign(names.begin(), names.end());
  return true;
}

// A bit for each vendor that some tenant may reach. Whoever reaches nobody needs no credential.
uint64_t reached_vendors(const Sections& sections) {
  const std::span<const uint8_t> tenants = sections.section(SectionKind::Tenants);
  uint64_t reached = 0;
  for (size_t at = 0; at + sizeof(contract::ImageTenant) <= tenants.size();
       at += sizeof(contract::ImageTenant)) {
    contract::ImageTenant tenant;
    std::memcpy(&tenant, tenants.data() + at, sizeof tenant);
    reached |= tenant.vendors;
  }
  return reached;
}

// Whom an image serves decides who must have approved it. False: a key names no environment.
bool read_key_environments(const Sections& sections, std::vector<std::string>& into) {
  const std::span<const uint8_t> keys = sections.section(SectionKind::Keys);
  const std::span<const uint8_t> names = sections.section(SectionKind::Environments);
  if (keys.size() % sizeof(contract::ImageKey) != 0) return false;
  std::set<std::string> all;
  for (size_t at = 0; at < keys.size(); at += sizeof(contract::ImageKey)) {
    contract::ImageKey key;
    std::memcpy(&key, keys.data() + at, sizeof key);
    const size_t entry = size_t{key.environment} * sizeof(contract::ImageText);
    contract::ImageText name{};
    if (entry + sizeof name > names.size()) return false;
    std::memcpy(&name, names.data() + entry, sizeof name);
    const std::optional<std::string> text = sections.text(name);
    if (!text || text->empty()) return false;
    all.insert(*text);
  }
  into.assign(all.begin(), all.end());
  return true;
}

void read_rollout(const Sections& sections, ImageNames& names) {
  contract::ImageRollout rollout{};
  const std::span<const uint8_t> said = sections.section(SectionKind::Rollout);
  if (said.size() == sizeof rollout) {
    std::memcpy(&rollout, said.data(), sizeof rollout);
    names.rollout = {rollout.canary_least_exchanges,
                     rollout.canary_least_seconds,
                     rollout.halt_window_seconds,
                     rollout.halt_least_exchanges,
                     rollout.halt_error_percent,
                     rollout.halt_block_percent,
                     rollout.halt_detection_change_percent,
                     rollout.tests_every_seconds};
  }
  contract::TestSectionHeader tests{};
  const std::span<const uint8_t> seeded = sections.section(SectionKind::Tests);
  if (seeded.size() < sizeof tests) return;
  std::memcpy(&tests, seeded.data(), sizeof tests);
  names.test_count = tests.test_count;
  names.corpus = tests.corpus;
}

}  // namespace

std::optional<ImageNames> read_image_names(std::span<const uint8_t> image, std::string& error) {
  Sections sections(image);
  if (!sections.open(error)) return std::nullopt;
  ImageNames names;
  names.bundle_digest = sections.header().bundle_digest;
  if (!collect(sections, SectionKind::Tenants, &contract::ImageTenant::name,
               names.wanted.tenants) ||
      !collect(sections, SectionKind::Vendors, &contract::ImageVendor::credential_name,
               names.wanted.vendor_credentials, reached_vendors(sections))) {
    error = "image: a name of a tenant or vendor does not lie inside it";
    return std::nullopt;
  }
  if (!read_key_environments(sections, names.key_environments)) {
    error = "image: a gateway key belongs to no environment";
    return std::nullopt;
  }
  const std::span<const uint8_t> entities = sections.section(SectionKind::Entities);
  for (size_t at = 0; at + sizeof(contract::ImageEntity) <= entities.size();
       at += sizeof(contract::ImageEntity)) {
    contract::ImageEntity entity;
    std::memcpy(&entity, entities.data() + at, sizeof entity);
    names.entities.push_back(sections.text(entity.name).value_or(""));
  }
  read_rollout(sections, names);
  const std::span<const uint8_t> restoration = sections.section(SectionKind::Restoration);
  names.restoration.assign(restoration.begin(), restoration.end());
  const std::span<const uint8_t> retention = sections.section(SectionKind::Retention);
  names.retention.assign(retention.begin(), retention.end());
  return names;
}

}  // namespace sallyport::supervise
