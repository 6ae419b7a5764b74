#include "bench/micro/peers.h"

#include <algorithm>

#include "dataplane/base/check.h"

#ifdef SALLYPORT_BENCH_RE2
#include <re2/re2.h>
#include <re2/set.h>
#endif

namespace sallyport::bench {

std::vector<PeerPattern> pattern_rules(
    std::span<const controlplane::policy::EntitySource> entities) {
  std::vector<PeerPattern> out;
  for (const auto& entity : entities)
    for (const auto& rule : entity.rules)
      if (rule.kind == contract::RuleKind::Pattern)
        out.push_back({rule.pattern, rule.case_insensitive});
  return out;
}

std::vector<PeerPattern> plain_forms() {
  return {
      // Mail addresses, URLs with a password.
      {"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,4}", false},
      {"[a-z][a-z0-9+.-]{1,15}://[^\\s:@/]{1,64}:[^\\s@/]{1,128}@[A-Za-z0-9.-]{1,128}", false},
      // Cards, social security numbers, ITIN, phones.
      {"\\b(?:\\d[ .-]?){12,18}\\d\\b", false},
      {"\\b\\d{3}[ .-]\\d{2}[ .-]\\d{4}\\b", false},
      {"\\b9\\d{2}[ -](?:5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])[ -]\\d{4}\\b", false},
      {"(?:\\+1[ .-]?)?\\(?[2-9]\\d{2}\\)?[ .-]?[2-9]\\d{2}[ .-]?\\d{4}\\b", false},
      {"\\+\\d{1,3}[ .-]?(?:\\(?\\d{1,4}\\)?[ .-]?){2,5}\\d{2,4}", false},
      // IBAN, routing and account numbers, national numbers without a mark.
      {"\\b[A-Z]{2}\\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\\b", true},
      {"\\b\\d{9}\\b", false},
      {"\\b\\d{7,12}\\b", false},
      {"\\b\\d{3}[ -]?\\d{3}[ -]?\\d{4}\\b", false},
      {"\\b\\d{4}[ -]?\\d{4}[ -]?\\d{4}\\b", false},
      {"\\b\\d{3}\\.\\d{3}\\.\\d{3}-\\d{2}\\b", false},
      {"\\b\\d{6}-?\\d{7}\\b", false},
      {"\\b\\d{17}[0-9X]\\b", false},
      {"\\b[12] ?\\d{2} ?\\d{2} ?\\d{2} ?\\d{3} ?\\d{3} ?\\d{2}\\b", false},
      // Numbers with letters.
      {"\\b[A-Z]{2} ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]\\b", false},
      {"\\b[A-Z]{5}\\d{4}[A-Z]\\b", false},
      {"\\b[A-Z]{6}\\d{2}[A-Z]\\d{2}[A-Z]\\d{3}[A-Z]\\b", false},
      {"\\b\\d{8}-?[A-Z]\\b", false},
      {"\\b[STFG]\\d{7}[A-Z]\\b", false},
      {"\\b[A-HJ-NPR-Z0-9]{17}\\b", false},
      {"\\b[1-9][A-Z][A-Z0-9]\\d-?[A-Z][A-Z0-9]\\d-?[A-Z]{2}\\d{2}\\b", false},
      {"\\b[A-Z]{2}\\d{7}\\b", false},
      {"\\b[A-Z]\\d{7,8}\\b", false},
      // Networks, money of the net.
      {"\\b(?:\\d{1,3}\\.){3}\\d{1,3}\\b", false},
      {"\\b(?:[0-9a-f]{1,4}:){2,7}[0-9a-f]{0,4}", true},
      {"\\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\\b", true},
      {"\\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\\b", false},
      {"\\bbc1[02-9ac-hj-np-z]{25,71}\\b", false},
      {"\\b0x[0-9a-f]{40}\\b", true},
      // Dates.
      {"\\b\\d{1,2}[/.-]\\d{1,2}[/.-](?:19|20)\\d{2}\\b", false},
      {"\\b(?:19|20)\\d{2}-\\d{2}-\\d{2}\\b", false},
      {"\\b\\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6} \\d{4}\\b", true},
      // Addresses, ZIP codes.
      {"\\b\\d{1,5} [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,3} "
       "(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Blvd)\\b",
       false},
      {"\\b\\d{5}(?:-\\d{4})?\\b", false},
      // Assignments of secrets.
      {"(?:password|passwd|pwd|secret|token|api_?key)[\"' ]{0,3}[:=][ \"']{0,3}[^\\s\"']{6,128}",
       true}};
}

HyperscanPeer::HyperscanPeer(const std::vector<PeerPattern>& patterns) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags, ids;
  for (const PeerPattern& one : patterns) {
    const unsigned flag = one.case_insensitive ? unsigned{HS_FLAG_CASELESS} : 0U;
    hs_expr_info_t* info = nullptr;
    hs_compile_error_t* error = nullptr;
    const bool good = hs_expression_info(one.pattern.c_str(), flag, &info, &error) == HS_SUCCESS;
    std::free(info);
    hs_free_compile_error(error);
    if (!good) continue;
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(one.pattern.c_str());
    flags.push_back(flag);
  }
  accepted_ = texts.size();
  hs_compile_error_t* error = nullptr;
  SP_CHECK_WHY(
      hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()),
                       HS_MODE_STREAM, nullptr, &database_, &error) == HS_SUCCESS,
      error != nullptr ? error->message : "the peer's patterns do not compile");
  SP_CHECK(hs_alloc_scratch(database_, &scratch_) == HS_SUCCESS);
  SP_CHECK(hs_open_stream(database_, 0, &stream_) == HS_SUCCESS);
}

HyperscanPeer::~HyperscanPeer() {
  hs_close_stream(stream_, nullptr, nullptr, nullptr);
  hs_free_scratch(scratch_);
  hs_free_database(database_);
}

int HyperscanPeer::count(unsigned, unsigned long long, unsigned long long, unsigned,
                         void* matches) {
  ++*static_cast<uint64_t*>(matches);
  return 0;
}

uint64_t HyperscanPeer::run(std::span<const std::string> texts, size_t piece) {
  for (const std::string& text : texts) {
    for (size_t at = 0; at < text.size(); at += piece) {
      const size_t size = std::min(piece, text.size() - at);
      SP_CHECK(hs_scan_stream(stream_, text.data() + at, static_cast<unsigned>(size), 0, scratch_,
                              count, &matches_) == HS_SUCCESS);
      if (size < piece) break;
    }
    SP_CHECK(hs_reset_stream(stream_, 0, scratch_, count, &matches_) == HS_SUCCESS);
  }
  return matches_;
}

#ifdef SALLYPORT_BENCH_RE2
namespace {

class Re2Set final : public Re2Peer {
 public:
  explicit Re2Set(const std::vector<PeerPattern>& patterns) : set_(options(), RE2::UNANCHORED) {
    for (const PeerPattern& one : patterns) {
      const std::string text = (one.case_insensitive ? "(?i)" : "") + one.pattern;
      if (set_.Add(text, nullptr) >= 0) ++accepted_;
    }
    SP_CHECK(set_.Compile());
  }
  uint64_t run(std::span<const std::string> texts) override {
    for (const std::string& text : texts) {
      which_.clear();
      set_.Match(text, &which_);
      matches_ += which_.size();
    }
    return matches_;
  }
  size_t accepted() const noexcept override { return accepted_; }

 private:
  static RE2::Options options() {
    RE2::Options out(RE2::Latin1);
    out.set_max_mem(int64_t{512} << 20);  // its lazy automaton may be as large as it likes
    out.set_log_errors(false);
    return out;
  }
  RE2::Set set_;
  std::vector<int> which_;
  size_t accepted_ = 0;
  uint64_t matches_ = 0;
};

}  // namespace

std::unique_ptr<Re2Peer> Re2Peer::make(const std::vector<PeerPattern>& patterns) {
  return std::make_unique<Re2Set>(patterns);
}
#else
std::unique_ptr<Re2Peer> Re2Peer::make(const std::vector<PeerPattern>&) { return nullptr; }
#endif

}  // namespace sallyport::bench
