#include "controlplane/policy/change/sarif.h"

#include <map>
#include <nlohmann/json.hpp>

#include "controlplane/policy/bundle/digest.h"

namespace sallyport::controlplane::policy {
namespace {

using nlohmann::json;

constexpr const char* kSchema = "https://json.schemastore.org/sarif-2.1.0.json";

// Bytes that a URI reference cannot have are escaped (SARIF 3.4.4).
std::string uri_of(const std::string& path) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

json location_of(const SarifResult& result) {
  json physical = {{"artifactLocation", {{"uri", uri_of(result.file)}}}};
  if (result.line > 0) {
    physical["region"] = {{"startLine", result.line}};
    if (result.column > 0) physical["region"]["startColumn"] = result.column;
  }
  return {{"physicalLocation", physical}};
}

// The same finding in another line is the same finding: hosts close and open by it.
std::string fingerprint_of(const SarifResult& result) {
  return digest_hex(sha256(result.rule + "\n" + result.file + "\n" + result.message));
}

}  // namespace

std::string sarif_text(const std::string& program_version,
                       const std::vector<std::pair<std::string, std::string>>& rules,
                       const std::vector<SarifResult>& results) {
  json rule_list = json::array();
  std::map<std::string, size_t> index;
  for (const auto& [name, text] : rules) {
    index[name] = rule_list.size();
    rule_list.push_back({{"id", name},
                         {"shortDescription", {{"text", text}}},
                         {"defaultConfiguration", {{"level", "error"}}}});
  }
  json result_list = json::array();
  for (const SarifResult& result : results) {
    json one = {{"ruleId", result.rule},
                {"level", "error"},
                {"message", {{"text", result.message}}},
                {"locations", json::array({location_of(result)})},
                {"partialFingerprints", {{"sallyport/v1", fingerprint_of(result)}}}};
    if (const auto found = index.find(result.rule); found != index.end())
      one["ruleIndex"] = found->second;
    if (!result.justification.empty())
      one["suppressions"] = json::array({{{"kind", "external"},
                                          {"status", "accepted"},
                                          {"justification", result.justification}}});
    result_list.push_back(std::move(one));
  }
  const json document = {{"$schema", kSchema},
                         {"version", "2.1.0"},
                         {"runs", json::array({{{"tool",
                                                 {{"driver",
                                                   {{"name", "sallyctl policy guard"},
                                                    {"version", program_version},
                                                    {"rules", rule_list}}}}},
                                                {"columnKind", "unicodeCodePoints"},
                                                {"results", result_list}}})}};
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace sallyport::controlplane::policy
