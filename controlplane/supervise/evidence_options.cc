#include "controlplane/supervise/evidence_options.h"

#include "controlplane/evidence/witness/witness_thread.h"
#include "controlplane/policy/yaml/yaml_reader.h"
#include "controlplane/supervise/credentials/private_file.h"

namespace sallyport::supervise {
namespace {

namespace policy = controlplane::policy;
using evidence_log::WitnessOptions;
using policy::YamlMapping;
using policy::YamlNode;

// What a record calls a witness: its host or folder, without what a secret could stand in.
std::string short_name(const std::string& url) {
  const size_t scheme = url.find("://");
  std::string name = scheme == std::string::npos ? url : url.substr(scheme + 3);
  name = name.substr(0, name.find_first_of("/?#"));
  return name.substr(name.rfind('@') + 1);
}

class Reading {
 public:
  Reading(policy::YamlReader& reader, const std::filesystem::path& state_dir,
          EvidenceOptions& options)
      : reader_(reader), state_dir_(state_dir), options_(options) {}

  void evidence(const YamlNode& node) {
    YamlMapping all(reader_, node, "evidence");
    options_.retention.audit_period_days = static_cast<uint32_t>(
        all.number_or("audit_period_days", evidence_log::kAuditPeriodDaysDefault, 1,
                      evidence_log::kRetentionDaysMax));
    if (const YamlNode* rules = all.optional("retention"))
      each(*rules, "retention", [&](const YamlNode& rule) { retention(rule); });
    if (const YamlNode* witnesses = all.optional("witnesses"))
      each(*witnesses, "witnesses", [&](const YamlNode& one) { witness(one); });
    options_.witness_interval_ms =
        all.number_or("witness_every_seconds", 60, 1, evidence_log::kWitnessLagSecondsMax) * 1000;
    if (const YamlNode* token = all.optional("pkcs11")) this->token(*token);
    all.finish();
    const std::string problem = options_.retention.problem();
    if (!problem.empty()) reader_.add(node.place, problem);
    if (options_.witnesses.size() > evidence_log::kWitnessesMax)
      reader_.add(node.place, "more than 8 witnesses");
  }

 private:
  template <class Read>
  void each(const YamlNode& node, const char* what, Read read) {
    if (node.kind != YamlNode::Kind::Sequence)
      return reader_.add(node.place, std::string(what) + " takes a list");
    for (const YamlNode& item : node.items) read(item);
  }
  void retention(const YamlNode& node) {
    YamlMapping rule(reader_, node, "a rule of retention");
    evidence_log::RetentionRule made;
    made.evidence = rule.text_or("kind", "");
    made.tenant = rule.text_or("tenant", "");
    made.days = static_cast<uint32_t>(rule.number("days", 1, evidence_log::kRetentionDaysMax));
    rule.finish();
    options_.retention.rules.push_back(std::move(made));
  }
  void witness(const YamlNode& node) {
    YamlMapping one(reader_, node, "a witness");
    WitnessOptions made;
    const std::string url = one.text_or("url", "");
    const std::string timestamp = one.text_or("timestamp", "");
    const std::string directory = one.text_or("directory", "");
    const std::string bucket = one.text_or("bucket", "");
    made.vkey = one.text_or("vkey", "");
    made.ca_file = one.text_or("ca_file", "");
    if (int{!url.empty()} + int{!timestamp.empty()} + int{!directory.empty()} +
            int{!bucket.empty()} !=
        1)
      reader_.add(
          node.place,
          "a witness is one of: url (with vkey), directory, timestamp (with ca_file), bucket "
          "(with endpoint)");
    if (!bucket.empty()) {
      read_bucket(node, one, bucket, made);
    } else if (!url.empty()) {
      made.kind = WitnessOptions::Kind::Cosigner;
      made.url = url;
      made.name = short_name(url);
      const auto key = evidence_log::VerifierKey::parse(made.vkey);
      if (!key || key->type() != evidence_log::KeyType::Cosignature)
        reader_.add(node.place,
                    "vkey must be the witness' key line (name+id+base64, of type 4): ask its "
                    "operator for it");
    } else if (!timestamp.empty()) {
      made.kind = WitnessOptions::Kind::Timestamp;
      made.url = timestamp;
      made.name = short_name(timestamp);
      made.directory = state_dir_ / "timestamps";
    } else {
      made.directory = directory;
      made.name = directory;
      if (!made.directory.is_absolute())
        reader_.add(node.place, "directory must be an absolute path");
    }
    one.finish();
    options_.witnesses.push_back(std::move(made));
  }
  void read_bucket(const YamlNode& node, YamlMapping& one, const std::string& bucket,
                   WitnessOptions& made) {
    made.kind = WitnessOptions::Kind::Bucket;
    made.url = made.name = bucket;
    made.endpoint = one.text_or("endpoint", "");
    made.region = one.text_or("region", made.region);
    made.retain_days = one.number_or("retain_days", evidence_log::kRetentionDaysDefault, 1,
                                     evidence_log::kRetentionDaysMax);
    if (!bucket.starts_with("s3://") || bucket.size() == 5)
      reader_.add(node.place, "bucket is s3://BUCKET/PREFIX");
    if (made.endpoint.find("://") == std::string::npos)
      reader_.add(node.place, "a bucket wants its endpoint: https://HOST");
  }
  void token(const YamlNode& node) {
    YamlMapping token(reader_, node, "pkcs11");
    evidence_log::TokenKeyOptions made;
    made.module = token.text("module");
    made.token = token.text("token");
    made.key = token.text("key");
    made.pin_file = token.text("pin_file");
    token.finish();
    options_.token = std::move(made);
  }

  policy::YamlReader& reader_;
  const std::filesystem::path& state_dir_;
  EvidenceOptions& options_;
};

}  // namespace

std::optional<EvidenceOptions> read_evidence_options(const std::filesystem::path& config,
                                                     const std::filesystem::path& state_dir,
                                                     std::string& error) {
  EvidenceOptions options;
  const auto text = read_small(config, policy::kYamlFileBytesMax);
  if (!text) return options;  // read_node_name() has said what there is to say about the file
  policy::Problem problem;
  const auto tree = policy::parse_yaml(*text, config.string(), problem);
  if (!tree) {
    error = problem.render();
    return std::nullopt;
  }
  const YamlNode* node = tree->find("evidence");
  if (node == nullptr) return options;
  policy::Sources sources;
  sources.add(config.string(), *text);
  std::vector<policy::Problem> problems;
  policy::YamlReader reader(sources, problems);
  Reading(reader, state_dir, options).evidence(*node);
  if (problems.empty()) return options;
  error = problems.front().render();
  return std::nullopt;
}

}  // namespace sallyport::supervise
