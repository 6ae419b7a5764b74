#include "controlplane/evidence/query/population.h"

#include <openssl/evp.h>

#include <algorithm>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/evidence/log/hex_text.h"
#include "controlplane/evidence/query/criteria.h"

namespace sallyport::evidence_log {
namespace {

constexpr uint64_t kRowsMax = 1ULL << 31;  // so that no product of two numbers of rows overflows

std::string known_criteria() {
  std::string out;
  for (const Criterion& one : criteria()) out += (out.empty() ? "" : " ") + std::string(one.id);
  return out;
}

// Of the criterion's kinds those that have records here, and the others.
void choose_kinds(const PopulationQuery& query, Population& population, ListFilter& filter) {
  population.kinds = filter.kind;
  if (query.control.empty()) return;
  const Criterion* criterion = find_criterion(query.control);
  if (criterion == nullptr)
    throw PopulationRefused("there is no criterion " + query.control,
                            "name one of " + known_criteria() + ", or --kind");
  if (!filter.kind.empty()) return;
  for (std::string_view rest = criterion->kinds; !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string& list = list_has(kEvidenceCodes, rest.substr(0, comma)) ? population.kinds
                                                                        : population.kinds_not_made;
    list += (list.empty() ? "" : ",") + std::string(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (population.kinds.empty())
    throw PopulationRefused(
        query.control + " (" + std::string(criterion->words) + ") has no evidence in this log" +
            (criterion->kinds.empty() ? ": people answer it"
                                      : ": " + population.kinds_not_made + " is kept elsewhere"),
        "docs/auditors.md says where; --kind asks for records of a kind");
  filter.kind = population.kinds;
}

class Sum {
 public:
  Sum() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1)
      throw std::runtime_error("no SHA-256");
  }
  ~Sum() { EVP_MD_CTX_free(context_); }
  Sum(const Sum&) = delete;
  Sum& operator=(const Sum&) = delete;
  void add(std::string_view text) {
    if (EVP_DigestUpdate(context_, text.data(), text.size()) != 1)
      throw std::runtime_error("SHA-256 failed");
  }
  std::string end() {
    Hash hash{};
    if (EVP_DigestFinal_ex(context_, hash.data(), nullptr) != 1)
      throw std::runtime_error("SHA-256 failed");
    return lower_hex(hash);
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

Population read_population(const LogReader& log, const PopulationQuery& query,
                           const std::function<void(std::string_view line)>& line) {
  Population population;
  ListFilter filter = query.filter;
  choose_kinds(query, population, filter);
  population.checkpoint =
      query.checkpoint.empty() ? log.latest_checkpoint().value_or("") : query.checkpoint;
  const auto checkpoint = read_checkpoint(population.checkpoint);
  if (!checkpoint)
    throw PopulationRefused("the log has no checkpoint yet",
                            "sallyportd signs one within a second: sallyctl status");
  population.size = checkpoint->size;
  population.root = base64(checkpoint->root);
  const uint64_t size = log.size();
  if (checkpoint->size > size)
    throw PopulationRefused("that checkpoint signs more records than this log has",
                            "sallyctl evidence verify --since FILE: was the log put back?");
  if (Tree(log).root(checkpoint->size) != checkpoint->root)
    throw PopulationRefused("that checkpoint is not one of this log",
                            "sallyctl evidence verify --since FILE: was history rewritten?");
  population.not_under_checkpoint = size - checkpoint->size;
  Sum sum;
  population.pruned = each_row(log, filter, 0, checkpoint->size, [&](const nlohmann::json& row) {
    const std::string text = row.dump() + "\n";
    sum.add(text);
    ++population.count;
    population.open += row.value("outcome", "") == "open" ? 1 : 0;
    if (line) line(text);
    return true;
  });
  population.sha256 = sum.end();
  return population;
}

std::vector<SamplePosition> choose_sample(const std::string& population_sha256, uint64_t count,
                                          uint64_t size) {
  std::vector<SamplePosition> chosen;
  const uint64_t strata = std::min(size, count);
  if (count > kRowsMax)
    throw PopulationRefused("a sample is of at most 2^31 rows", "ask for a smaller one");
  for (uint64_t s = 0; s < strata; ++s) {
    const uint64_t begin = s * count / strata;
    const uint64_t end = (s + 1) * count / strata;
    const std::string text = population_sha256 + ":" + std::to_string(s);
    const Hash hash = sha256({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    uint64_t rest = 0;  // the hash as one big-endian number, modulo the stratum
    for (const uint8_t byte : hash) rest = ((rest << 8) | byte) % (end - begin);
    chosen.push_back({s, begin + rest});
  }
  return chosen;
}

}  // namespace sallyport::evidence_log
