#include "controlplane/policy/change/code_guard.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <tuple>

#include "controlplane/policy/bundle/bounded_program.h"
#include "dataplane/base/ascii.h"

namespace sallyport::controlplane::policy {
namespace fs = std::filesystem;
namespace {

constexpr const char* kListingGit = "/usr/bin/git";
constexpr std::chrono::milliseconds kListingPatience{10'000};
constexpr size_t kListingBytesMax = 64U << 20;  // paths of a large repository

constexpr std::string_view kHost = "code_vendor_host";
constexpr std::string_view kNoBase = "code_no_base_url";
constexpr std::string_view kLogged = "code_prompt_logged";
constexpr std::string_view kBare = "code_bare_suppression";

// Hosts of vendors' APIs, from their own API references. One that begins with a dot or a dash is
// the end of a host.
constexpr std::string_view kVendorHosts[] = {"api.openai.com",
                                             "eu.api.openai.com",
                                             "us.api.openai.com",
                                             "api.anthropic.com",
                                             "generativelanguage.googleapis.com",
                                             "aiplatform.googleapis.com",
                                             "-aiplatform.googleapis.com",
                                             ".openai.azure.com",
                                             ".services.ai.azure.com",
                                             ".inference.ai.azure.com",
                                             "api.mistral.ai",
                                             "codestral.mistral.ai",
                                             "api.cohere.com",
                                             "api.cohere.ai",
                                             "api.groq.com",
                                             "api.together.xyz",
                                             "openrouter.ai",
                                             "api.deepseek.com",
                                             "api.perplexity.ai",
                                             "api.x.ai",
                                             "api.fireworks.ai",
                                             "api-inference.huggingface.co",
                                             "router.huggingface.co",
                                             "api.replicate.com",
                                             "api.ai21.com",
                                             "dashscope.aliyuncs.com",
                                             "api.moonshot.ai"};
// bedrock-runtime.REGION.amazonaws.com
constexpr std::string_view kBedrock = "bedrock-runtime.";

// Clients of SDKs: what makes one, the package it belongs to, and the words that point it
// elsewhere.
struct Maker {
  CodeLanguage language;
  std::string_view name;     // up to the parenthesis, as it is written
  std::string_view package;  // must stand somewhere in the file
};
constexpr Maker kMakers[] = {{CodeLanguage::Python, "OpenAI", "openai"},
                             {CodeLanguage::Python, "AsyncOpenAI", "openai"},
                             {CodeLanguage::Python, "ChatOpenAI", "openai"},
                             {CodeLanguage::Python, "OpenAIEmbeddings", "openai"},
                             {CodeLanguage::Python, "Anthropic", "anthropic"},
                             {CodeLanguage::Python, "AsyncAnthropic", "anthropic"},
                             {CodeLanguage::Python, "ChatAnthropic", "anthropic"},
                             {CodeLanguage::Python, "Mistral", "mistralai"},
                             {CodeLanguage::Python, "cohere.Client", "cohere"},
                             {CodeLanguage::Python, "cohere.ClientV2", "cohere"},
                             {CodeLanguage::Python, "genai.Client", "genai"},
                             {CodeLanguage::JavaScript, "new OpenAI", "openai"},
                             {CodeLanguage::JavaScript, "new ChatOpenAI", "openai"},
                             {CodeLanguage::JavaScript, "createOpenAI", "openai"},
                             {CodeLanguage::JavaScript, "new Anthropic", "anthropic"},
                             {CodeLanguage::JavaScript, "createAnthropic", "anthropic"},
                             {CodeLanguage::JavaScript, "new Mistral", "mistralai"},
                             {CodeLanguage::JavaScript, "new GoogleGenAI", "genai"},
                             {CodeLanguage::JavaScript, "new BedrockRuntimeClient", "bedrock"},
                             {CodeLanguage::Go, "openai.NewClient", "openai"},
                             {CodeLanguage::Go, "anthropic.NewClient", "anthropic"},
                             {CodeLanguage::Go, "genai.NewClient", "genai"},
                             {CodeLanguage::Go, "bedrockruntime.NewFromConfig", "bedrockruntime"},
                             {CodeLanguage::Java, "OpenAIOkHttpClient.fromEnv", "openai"},
                             {CodeLanguage::Java, "OpenAIOkHttpClient.builder", "openai"},
                             {CodeLanguage::Java, "AnthropicOkHttpClient.fromEnv", "anthropic"},
                             {CodeLanguage::Java, "AnthropicOkHttpClient.builder", "anthropic"},
                             {CodeLanguage::Java, "BedrockRuntimeClient.builder", "bedrock"}};
constexpr std::string_view kBaseWords[] = {
    "base_url",    "baseURL",           "baseUrl",      "BaseURL",       "api_base",
    "server_url",  "serverURL",         "endpoint",     "http_options",  "httpOptions",
    "HTTPOptions", "anthropic_api_url", "BaseEndpoint", "configuration", "Endpoint"};

constexpr std::string_view kLogVerbs[] = {
    "trace", "debug",  "info",  "warn",   "warning", "error",  "exception", "critical",
    "fatal", "log",    "print", "printf", "println", "Print",  "Printf",    "Println",
    "Debug", "Info",   "Warn",  "Error",  "Fatal",   "Fatalf", "Debugf",    "Infof",
    "Warnf", "Errorf", "Log",   "table",  "dir"};
constexpr std::string_view kPromptWords[] = {
    "prompt",       "prompts",     "system_prompt", "systemPrompt", "user_prompt",
    "userPrompt",   "prompt_text", "promptText",    "full_prompt",  "fullPrompt",
    "chat_history", "chatHistory", "chat_messages", "chatMessages", "llm_response",
    "llmResponse",  "llm_output",  "llmOutput",     "user_message", "userMessage"};
// Words of other trades too: only in a file that speaks of models at all.
constexpr std::string_view kModelWords[] = {"messages", "completion", "completions",
                                            "conversation"};
constexpr std::string_view kModelFiles[] = {
    "openai", "anthropic",        "completions",     "bedrock", "mistral",
    "cohere", "generate_content", "generateContent", "genai",   "langchain"};
// What is told about a prompt without telling it.
constexpr std::string_view kMeasures[] = {"len(",          "hash(",        "sha256(",
                                          "count_tokens(", "countTokens(", "size(",
                                          "type(",         "typeof ",      "redact("};
constexpr std::string_view kMeasureMembers[] = {".length", ".size", ".id",    ".usage", ".model",
                                                ".Usage",  ".ID",   ".Model", ".count"};
constexpr size_t kArgumentsBytesMax = 4'000;  // a call that is longer is no log line

constexpr std::string_view kSkipped[] = {
    "node_modules", "vendor", "third_party", "bower_components", "site-packages", "__pycache__",
    "venv",         "dist",   "build",       "target",           "out",           "coverage"};

bool is_word(char c) { return base::is_alnum(static_cast<uint8_t>(c)) || c == '_' || c == '$'; }
bool is_host_byte(char c) { return is_word(c) || c == '-' || c == '.'; }

template <class List>
bool is_one_of(std::string_view word, const List& list) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

template <class List>
bool holds_one_of(std::string_view text, const List& list) {
  return std::any_of(std::begin(list), std::end(list), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

class TextGuard {
 public:
  TextGuard(std::string_view text, CodeLanguage language, const CodeGuardOptions& options)
      : text_(text), language_(language), options_(options), split_(split_code(text, language)) {
    for (size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') line_ends_.push_back(i);
  }

  std::vector<CodeFinding> run() {
    find_hosts();
    if (!options_.base_url_from_environment) find_makers();
    find_logs();
    suppress();
    std::sort(out_.begin(), out_.end(), [](const CodeFinding& a, const CodeFinding& b) {
      return std::tie(a.line, a.column, a.rule) < std::tie(b.line, b.column, b.rule);
    });
    return std::move(out_);
  }

 private:
  size_t line_of(size_t at) const {
    return static_cast<size_t>(std::lower_bound(line_ends_.begin(), line_ends_.end(), at) -
                               line_ends_.begin()) +
           1;
  }
  void add(std::string_view rule, std::string message, size_t at) {
    const size_t line = line_of(at);
    const size_t begin = line == 1 ? 0 : line_ends_[line - 2] + 1;
    out_.push_back({std::string(rule),
                    std::move(message),
                    {},
                    static_cast<int>(line),
                    static_cast<int>(at - begin + 1),
                    {}});
  }

  // The host must stand alone: api.openai.com.example.org is somebody else's.
  std::optional<size_t> find_host(std::string_view in, std::string_view host) const {
    const bool is_end = host[0] == '.' || host[0] == '-';
    for (size_t at = in.find(host); at != std::string_view::npos; at = in.find(host, at + 1)) {
      const size_t end = at + host.size();
      const bool begins =
          is_end ? at > 0 && is_word(in[at - 1]) : at == 0 || !is_host_byte(in[at - 1]);
      if (begins && (end == in.size() || !is_host_byte(in[end]))) return at;
    }
    return std::nullopt;
  }

  void find_hosts() {
    for (const CodeSpan& span : split_.strings) {
      const std::string_view string = text_.substr(span.begin, span.end - span.begin);
      if (string.size() < 7 || string.find('.') == std::string_view::npos) continue;
      const auto look = [&](std::string_view host) {
        const auto at = find_host(string, host);
        if (at)
          add(kHost,
              "the host of a vendor (" + std::string(host) +
                  ") is written into the code; use the base URL of the appliance",
              span.begin + *at);
        return at.has_value();
      };
      bool found = false;
      for (const std::string_view host : kVendorHosts) found = found || look(host);
      for (const std::string& host : options_.hosts) found = found || look(host);
      const size_t bedrock = string.find(kBedrock);
      if (!found && bedrock != std::string_view::npos &&
          string.find(".amazonaws.com", bedrock) != std::string_view::npos)
        add(kHost,
            "the host of a vendor (bedrock-runtime) is written into the code; use the base "
            "URL of the appliance",
            span.begin + bedrock);
    }
  }

  // The end of what stands in the parenthesis at `open`; of a chain of calls its statement.
  size_t end_of_call(size_t open) const {
    const std::string& code = split_.code;
    const size_t most = std::min(open + kArgumentsBytesMax, code.size());
    int depth = 0;
    for (size_t at = open; at < most; ++at) {
      const char c = code[at];
      if (language_ == CodeLanguage::Java && c == ';' && depth == 0) return at;
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && --depth == 0 && language_ != CodeLanguage::Java)
        return at;
    }
    return most;
  }

  void find_makers() {
    const std::string& code = split_.code;
    for (const Maker& maker : kMakers) {
      if (maker.language != language_ || text_.find(maker.package) == std::string_view::npos)
        continue;
      for (size_t at = code.find(maker.name); at != std::string::npos;
           at = code.find(maker.name, at + 1)) {
        size_t open = at + maker.name.size();
        if (at > 0 && is_word(code[at - 1])) continue;
        if (is_definition(at)) continue;
        while (open < code.size() && code[open] == ' ') ++open;
        if (open >= code.size() || code[open] != '(') continue;
        const std::string_view given(code.data() + open, end_of_call(open) - open);
        if (!holds_one_of(given, kBaseWords))
          add(kNoBase,
              std::string(maker.name) +
                  " without a base URL goes to the vendor; give it that of the appliance",
              at);
      }
    }
    find_bedrock();
  }

  bool is_definition(size_t at) const {
    const std::string_view before(split_.code.data(), at);
    return before.ends_with("class ") || before.ends_with("def ") || before.ends_with("func ");
  }

  // boto3.client("bedrock-runtime")
  void find_bedrock() {
    if (language_ != CodeLanguage::Python) return;
    for (const CodeSpan& span : split_.strings) {
      if (text_.substr(span.begin, span.end - span.begin) != "bedrock-runtime") continue;
      const std::string_view before(split_.code.data(), span.begin - 1);
      const size_t open = before.find_last_not_of(' ');
      if (open == std::string_view::npos || before[open] != '(' ||
          !before.substr(0, open).ends_with("client"))
        continue;
      const std::string_view given(split_.code.data() + open, end_of_call(open) - open);
      if (!holds_one_of(given, kBaseWords))
        add(kNoBase,
            "a bedrock-runtime client without endpoint_url goes to the vendor; give it that "
            "of the appliance",
            open);
    }
  }

  // "logger.info(" and its like: the whole name before a parenthesis.
  bool is_log_call(std::string_view name) const {
    const size_t dot = name.rfind('.');
    const std::string_view verb = dot == std::string_view::npos ? name : name.substr(dot + 1);
    if (dot == std::string_view::npos)
      return language_ == CodeLanguage::Python && (name == "print" || name == "pprint");
    const std::string_view owner = name.substr(0, dot);
    if (!is_one_of(verb, kLogVerbs)) return false;
    if (owner == "console" || owner == "System.out" || owner == "System.err" || owner == "fmt")
      return true;
    std::string lower(owner);
    for (char& c : lower)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return lower.find("log") != std::string::npos;
  }

  void find_logs() {
    speaks_of_models_ = holds_one_of(text_, kModelFiles);
    const std::string& code = split_.code;
    for (size_t open = code.find('('); open != std::string::npos; open = code.find('(', open + 1)) {
      size_t begin = open;
      while (begin > 0 && (is_word(code[begin - 1]) || code[begin - 1] == '.')) --begin;
      if (begin == open || !is_log_call(std::string_view(code).substr(begin, open - begin)))
        continue;
      size_t end = open;
      int depth = 0;
      const size_t most = std::min(open + kArgumentsBytesMax, code.size());
      for (; end < most; ++end) {
        depth += code[end] == '(' ? 1 : code[end] == ')' ? -1 : 0;
        if (depth == 0) break;
      }
      look_at_arguments(begin, open + 1, end);
    }
  }

  void look_at_arguments(size_t call, size_t begin, size_t end) {
    const std::string_view code = split_.code;
    for (size_t at = begin; at < end;) {
      if (!is_word(code[at])) {
        ++at;
        continue;
      }
      size_t stop = at;
      while (stop < end && is_word(code[stop])) ++stop;
      const std::string_view word = code.substr(at, stop - at);
      const bool is_prompt =
          is_one_of(word, kPromptWords) || (speaks_of_models_ && is_one_of(word, kModelWords));
      if (is_prompt && tells(begin, at, stop, end)) {
        add(kLogged,
            "'" + std::string(word) + "' is written to a log; log its length or a digest instead",
            call);
        return;  // one finding a call
      }
      at = stop;
    }
  }

  // The value of the name is told: not its length, not a name that only labels another value.
  bool tells(size_t begin, size_t at, size_t stop, size_t end) const {
    const std::string_view code = split_.code;
    const std::string_view before = code.substr(begin, at - begin);
    for (const std::string_view measure : kMeasures)
      if (before.ends_with(measure)) return false;
    const std::string_view behind = code.substr(stop, end - stop);
    for (const std::string_view member : kMeasureMembers)
      if (behind.starts_with(member) &&
          (behind.size() == member.size() || !is_word(behind[member.size()])))
        return false;
    const size_t next = behind.find_first_not_of(' ');
    if (next == std::string_view::npos) return true;
    if (behind[next] == '=' && (next + 1 >= behind.size() || behind[next + 1] != '=')) return false;
    return behind[next] != ':' || language_ == CodeLanguage::Python;
  }

  // "sallyport: allow RULE -- why"
  void suppress() {
    for (const CodeSpan& span : split_.comments) {
      const std::string_view comment = text_.substr(span.begin, span.end - span.begin);
      const size_t mark = comment.find("sallyport:");
      if (mark == std::string_view::npos) continue;
      const size_t allow = comment.find("allow ", mark);
      if (allow == std::string_view::npos) continue;
      const std::string_view rest = comment.substr(allow + 6);
      const std::string rule(rest.substr(0, rest.find_first_of(" \t\r\n-")));
      const size_t dashes = rest.find("--");
      std::string why(dashes == std::string_view::npos ? "" : rest.substr(dashes + 2));
      while (!why.empty() && why.front() == ' ') why.erase(0, 1);
      while (!why.empty() && (why.back() == ' ' || why.back() == '\r')) why.pop_back();
      if (why.size() < 3)
        add(kBare, "a suppression says why: sallyport: allow " + rule + " -- REASON", span.begin);
      else
        justify(rule, why, static_cast<int>(line_of(span.begin)));
    }
  }

  void justify(const std::string& rule, const std::string& why, int line) {
    for (CodeFinding& finding : out_)
      if (finding.rule == rule && (finding.line == line || finding.line == line + 1))
        finding.justification = why;
  }

  const std::string_view text_;
  const CodeLanguage language_;
  const CodeGuardOptions& options_;
  const CodeText split_;
  std::vector<size_t> line_ends_;
  bool speaks_of_models_ = false;
  std::vector<CodeFinding> out_;
};

bool is_skipped(const std::string& name, const CodeGuardOptions& options) {
  return name.starts_with('.') || is_one_of(name, kSkipped) || is_one_of(name, options.skip);
}

// What git would commit of a folder: what is tracked, and what is new and not ignored. Nothing when
// it is in no repository, or git cannot say: then every file counts. A repository inside this one
// is listed as its folder.
std::optional<std::set<std::string>> known_to_git(const fs::path& folder) {
  BoundedProgram git;
  git.arguments = {kListingGit, "-C",       folder.string(),      "ls-files", "-z",
                   "--cached",  "--others", "--exclude-standard", "--",       "."};
  // HOME holds safe.directory, without which git refuses another user's repository.
  for (const char* name : {"HOME", "PATH"})
    if (const char* value = std::getenv(name))
      git.environment.push_back(std::string(name) + "=" + value);
  git.patience = kListingPatience;
  git.output_bytes_max = kListingBytesMax;
  const ProgramEnd end = run_bounded(git);
  if (!end.succeeded()) return std::nullopt;
  std::set<std::string> known;
  for (size_t begin = 0; begin < end.output.size();) {
    const size_t stop = std::min(end.output.find('\0', begin), end.output.size());
    std::string path = end.output.substr(begin, stop - begin);
    if (path.ends_with('/')) path.pop_back();
    known.insert(std::move(path));
    begin = stop + 1;
  }
  return known;
}

bool git_knows(const std::set<std::string>& known, fs::path path) {
  for (; !path.empty(); path = path.parent_path())
    if (known.contains(path.generic_string())) return true;
  return false;
}

// Nothing in it could be a finding: most files, told apart without splitting them.
bool may_have_findings(std::string_view text, const CodeGuardOptions& options) {
  static constexpr std::string_view kMarks[] = {
      "rompt", "openai", "OpenAI",  "nthropic", "istral",     "ohere", "genai",       "bedrock",
      "api",   "chat",   "Bedrock", "llm",      "openrouter", "GenAI", "huggingface", "sallyport:"};
  return holds_one_of(text, kMarks) || holds_one_of(text, options.hosts);
}

}  // namespace

size_t CodeReport::refused() const {
  return static_cast<size_t>(std::count_if(
      findings.begin(), findings.end(), [](const auto& one) { return one.justification.empty(); }));
}

std::vector<CodeFinding> guard_code_text(std::string_view text, CodeLanguage language,
                                         const CodeGuardOptions& options) {
  return TextGuard(text, language, options).run();
}

CodeReport guard_code(const fs::path& folder, const CodeGuardOptions& options) {
  CodeReport report;
  std::error_code failed;
  std::vector<fs::path> files;
  auto each = fs::recursive_directory_iterator(folder, failed);
  for (; !failed && each != fs::recursive_directory_iterator(); each.increment(failed)) {
    const std::string name = each->path().filename().string();
    std::error_code ignored;
    if (each->is_directory(ignored)) {
      if (is_skipped(name, options)) each.disable_recursion_pending();
    } else if (language_of(name) != CodeLanguage::None && each->is_regular_file(ignored) &&
               !each->is_symlink(ignored)) {
      files.push_back(each->path());
      if (files.size() > kCodeFilesMax)
        throw std::runtime_error(folder.string() + ": more than a million files");
    }
  }
  if (failed) throw std::runtime_error(folder.string() + ": " + failed.message());
  if (const auto known = known_to_git(folder))
    std::erase_if(files, [&](const fs::path& path) {
      return !git_knows(*known, path.lexically_relative(folder));
    });
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& path : files) {
    std::ifstream in(path, std::ios::binary);
    const auto bytes = fs::file_size(path, failed);
    if (failed || bytes > kCodeFileBytesMax) {
      report.too_large += failed ? 0 : 1;
      continue;
    }
    text.resize(bytes);
    in.read(text.data(), static_cast<std::streamsize>(bytes));
    text.resize(static_cast<size_t>(in.gcount()));
    ++report.files;
    if (!may_have_findings(text, options)) continue;
    for (CodeFinding& finding :
         guard_code_text(text, language_of(path.filename().string()), options)) {
      finding.file = path.lexically_relative(folder).generic_string();
      report.findings.push_back(std::move(finding));
    }
  }
  return report;
}

const std::vector<std::pair<std::string, std::string>>& code_rules() {
  static const std::vector<std::pair<std::string, std::string>> kRules = {
      {std::string(kHost), "The host of a vendor is written into the code"},
      {std::string(kNoBase), "A client of a vendor is made without the base URL of the appliance"},
      {std::string(kLogged), "A prompt, or what a model said, is written to a log"},
      {std::string(kBare), "A suppression does not say why"}};
  return kRules;
}

}  // namespace sallyport::controlplane::policy
