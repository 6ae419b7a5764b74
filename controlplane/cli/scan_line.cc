#include "controlplane/cli/scan_line.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "controlplane/evidence/log/checkpoint.h"
#include "controlplane/policy/bundle/bundle.h"
#include "controlplane/policy/matcher/rule_words.h"
#include "dataplane/base/ascii.h"
#include "dataplane/scan/text/fold_table.h"

namespace sallyport::cli {
namespace {

// Reads the members of the top object that matter, without building the rest.
class LineSax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::string text;
  bool has_text = false, is_base64 = false;
  size_t id_member = 0;  // from 1; 0: there is none
  std::string problem;

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_unsigned(number_unsigned_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool string(string_t& value) override {
    if (depth_ == 1 && wants_text_) {
      text = std::move(value);
      has_text = true;
      wants_text_ = false;
    }
    return depth_ > 0 || not_an_object();
  }
  bool start_object(std::size_t) override {
    ++depth_;
    return depth_ == 1 || container();
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return not_an_object();
    ++depth_;
    return container();
  }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    ++member_;
    if (name == "id") {
      if (id_member != 0) return twice("id");
      id_member = member_;
    } else if (name == "text" || name == "text_b64") {
      if (has_text) return twice("text");
      wants_text_ = true;
      is_base64 = name == "text_b64";
    }
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    // The library's text quotes the input, which may be what must not be shown: only say where.
    const bool utf8 = std::string_view(error.what()).find("UTF-8") != std::string_view::npos;
    problem = fmt::format("not JSON at byte {}{}", position,
                          utf8 ? " (ill-formed UTF-8; use text_b64)" : "");
    return false;
  }

 private:
  bool twice(const char* name) {
    problem = fmt::format("the member {} is there twice", name);
    return false;
  }
  bool not_an_object() {
    problem = "not a JSON object";
    return false;
  }
  bool no_string() {
    problem = "text must be a string";
    return false;
  }
  bool scalar() {
    if (depth_ == 0) return not_an_object();
    return depth_ != 1 || !wants_text_ || no_string();
  }
  bool container() { return depth_ != 2 || !wants_text_ || no_string(); }

  int depth_ = 0;
  size_t member_ = 0;
  bool wants_text_ = false;
};

// The bytes of the value of the top object's member number `wanted`. REQUIRES: `object` is a valid
// JSON object that has it.
std::string_view member_bytes(std::string_view object, size_t wanted) {
  size_t member = 0, start = 0;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < object.size(); ++i) {
    const char c = object[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else
        in_string = c != '"';
      continue;
    }
    const bool ends = depth == 1 && (c == ',' || c == '}');
    if (ends && member == wanted) {
      std::string_view value = object.substr(start, i - start);
      while (!value.empty() && base::is_blank(static_cast<uint8_t>(value.front())))
        value.remove_prefix(1);
      while (!value.empty() && base::is_blank(static_cast<uint8_t>(value.back())))
        value.remove_suffix(1);
      return value;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ':' && depth == 1 && ++member == wanted) start = i + 1;
  }
  return "null";
}

std::string_view verdict_word(ScanVerdict verdict) {
  switch (verdict) {
    case ScanVerdict::Pass:
      return "pass";
    case ScanVerdict::Redact:
      return "redact";
    case ScanVerdict::Block:
      return "block";
  }
  return "block";
}

void append_json_string(std::string_view text, std::string& out) {
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

constexpr std::pair<uint8_t, std::string_view> kFoldWords[] = {
    {scan::kFoldedInvisible, "invisible characters"},
    {scan::kFoldedForm, "other forms of digits, letters, dashes or spaces"},
    {scan::kFoldedLookAlike, "look-alike letters"},
    {scan::kFoldedEscape, "escapes"},
    {scan::kFoldedPercent, "percent encoding"},
    {scan::kFoldedEntity, "HTML entities"},
    {scan::kFoldedQuoted, "quoted-printable"},
    {scan::kFoldedEncoded, "base64, hex or one character between"},
};

// Names of the bundle are plain words and need no escapes.
void append_explanation(const TextScan& scan, const FoundSpan& span, std::string& out) {
  const scan::Finding* finding = scan.finding_of(span);
  if (finding == nullptr) {
    out += ",\"rule\":null";
    return;
  }
  const auto& rule = scan.engine().rule(finding->rule);
  fmt::format_to(
      std::back_inserter(out),
      ",\"rule\":\"{}\",\"kind\":\"{}\",\"validator\":\"{}\",\"confidence\":{},\"context\":",
      scan.engine().rule_id(finding->rule), controlplane::policy::words_of(rule.kind).name,
      controlplane::policy::words_of(rule.validator).name, finding->confidence);
  if (finding->context == scan::kNoContextWord)
    out += "null";
  else
    append_json_string(scan.engine().context_word(finding->context), out);
  out += ",\"folded\":[";
  bool first = true;
  for (const auto& [bit, word] : kFoldWords) {
    if ((finding->folded & bit) == 0) continue;
    out += first ? "" : ",";
    append_json_string(word, out);
    first = false;
  }
  out += ']';
}

void append_redacted(const TextScan& scan, bool is_base64, std::string& out) {
  out += is_base64 ? ",\"redacted_b64\":" : ",\"redacted\":";
  if (scan.verdict() == ScanVerdict::Block) {
    out += "null";
  } else if (is_base64) {
    const std::string& bytes = scan.redacted();
    out += '"' +
           evidence_log::base64({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}) +
           '"';
  } else {
    append_json_string(scan.redacted(), out);
  }
}

}  // namespace

void error_line(uint64_t number, std::string_view id, std::string_view why, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{{\"id\":{},\"error\":", id);
  append_json_string(why, out);
  fmt::format_to(std::back_inserter(out), ",\"line\":{}}}\n", number);
}

bool answer_line(std::string_view line, uint64_t number, TextScan& scan, const ScanWants& wants,
                 std::string& out) {
  LineSax sax;
  if (!nlohmann::json::sax_parse(line.begin(), line.end(), &sax)) {
    error_line(number, "null", sax.problem.empty() ? "not JSON" : sax.problem, out);
    return false;
  }
  const std::string_view id = sax.id_member == 0 ? "null" : member_bytes(line, sax.id_member);
  if (!sax.has_text) {
    error_line(number, id, "neither text nor text_b64 is there", out);
    return false;
  }
  std::optional<std::vector<uint8_t>> decoded;
  std::span<const uint8_t> text(reinterpret_cast<const uint8_t*>(sax.text.data()), sax.text.size());
  if (sax.is_base64) {
    decoded = evidence_log::from_base64(sax.text);
    if (!decoded) {
      error_line(number, id, "text_b64 is no base64", out);
      return false;
    }
    text = *decoded;
  }
  scan.scan(text, wants);
  out += "{\"id\":";
  out += id;
  out += ",\"spans\":[";
  bool first = true;
  for (const FoundSpan& span : scan.spans()) {
    fmt::format_to(std::back_inserter(out),
                   "{}{{\"start\":{},\"end\":{},\"entity\":\"{}\",\"action\":\"{}\"",
                   first ? "" : ",", span.start, span.end, span.entity,
                   controlplane::policy::action_name(span.action));
    if (span.would != span.action)
      fmt::format_to(std::back_inserter(out), ",\"would\":\"{}\"",
                     controlplane::policy::action_name(span.would));
    if (wants.explained) append_explanation(scan, span, out);
    out += '}';
    first = false;
  }
  fmt::format_to(std::back_inserter(out), "],\"verdict\":\"{}\"", verdict_word(scan.verdict()));
  // A block by policy is in the spans; anything else is not.
  if (const std::string_view reason = scan.reason();
      !reason.empty() && reason != "policy_blocked" && reason != "response_blocked")
    fmt::format_to(std::back_inserter(out), ",\"reason\":\"{}\"", reason);
  if (wants.redacted) append_redacted(scan, sax.is_base64, out);
  out += "}\n";
  return true;
}

void LineReader::feed(std::string_view bytes, std::string& out) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const bool whole = end != std::string_view::npos;
    const std::string_view piece = bytes.substr(0, end);
    bytes.remove_prefix(whole ? end + 1 : bytes.size());
    if (!skipping_ && open_.size() + piece.size() > kScanLineBytesMax) {
      skipping_ = true;
      open_.clear();
      open_.shrink_to_fit();
    }
    if (skipping_) {
      if (!whole) continue;
      skipping_ = false;
      ++number_, ++answered_, ++bad_;
      error_line(number_, "null", fmt::format("longer than {} bytes", kScanLineBytesMax), out);
    } else if (!whole) {
      open_.append(piece);
    } else if (open_.empty()) {
      take(piece, out);
    } else {
      open_.append(piece);
      take(open_, out);
      open_.clear();
    }
  }
}

void LineReader::end(std::string& out) {
  if (skipping_) feed("\n", out);
  if (!open_.empty()) take(open_, out);
  open_.clear();
}

void LineReader::take(std::string_view line, std::string& out) {
  ++number_;
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  ++answered_;
  if (!answer_line(line, number_, *scan_, wants_, out)) ++bad_;
}

}  // namespace sallyport::cli
