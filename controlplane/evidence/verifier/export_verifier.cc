// sallyport-verify: checks an export of the evidence log with the log's public key alone. No
// daemon, no network, no product library: libcrypto and the C++ standard library.
#include <cstdio>
#include <fstream>
#include <iterator>

#include "controlplane/evidence/verifier/export_check.h"

namespace {

using sallyport::export_check::Answer;
using sallyport::export_check::Wanted;

// As sallyctl ends (docs/sallyctl.md).
constexpr int kGood = 0, kFailed = 1, kUsage = 2, kNo = 3;

constexpr const char* kHelp =
    "usage: sallyport-verify DIR --vkey KEY [--since CHECKPOINT]... [--witness KEY]...\n"
    "\n"
    "Checks an export that `sallyctl evidence export DIR` wrote. KEY is any verifier key of the\n"
    "log (NAME+ID+BASE64) or a file that holds it; get it from somebody you trust, not from the\n"
    "export. Changes of the key are followed from it, forwards and backwards.\n"
    "CHECKPOINT is a file with an older checkpoint that you kept: the log must extend it.\n"
    "With --witness one of the checkpoints must carry that witness's cosignature.\n"
    "\n"
    "exit 0: good; 1: it could not be read; 2: usage; 3: not good, the lines say why.\n"
    "\n"
    "examples\n"
    "  sallyport-verify audit --vkey log.vkey\n"
    "  sallyport-verify audit --vkey log.vkey --since q2.checkpoint --witness witness.vkey\n";

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The key itself, or the file that holds it.
std::string key_text(const std::string& word) {
  std::string text = sallyport::export_check::PublicKey::parse(word) ? word : content_of(word);
  return text;
}

int usage(const std::string& what) {
  std::fprintf(stderr, "sallyport-verify: %s\n%s", what.c_str(), kHelp);
  return kUsage;
}

// Names in a damaged export may be anything, commands of a terminal too.
std::string printable(std::string text) {
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return text;
}

int print(const Answer& answer) {
  for (const std::string& problem : answer.problems)
    std::printf("problem: %s\n", printable(problem).c_str());
  if (!answer.first_bad_record.empty())
    std::printf("first bad record: %s\n", printable(answer.first_bad_record).c_str());
  for (const auto& [name, size] : answer.witnessed)
    std::printf("witness %s saw the first %llu records\n", name.c_str(),
                static_cast<unsigned long long>(size));
  std::printf(
      "%s: %llu records of %s (log of %llu), %llu pruned by the log's own record, "
      "%llu checkpoints, %llu keys\n",
      answer.problems.empty() ? "export OK" : "export FAILED",
      static_cast<unsigned long long>(answer.records),
      answer.origin.empty() ? "an unknown log" : printable(answer.origin).c_str(),
      static_cast<unsigned long long>(answer.size), static_cast<unsigned long long>(answer.pruned),
      static_cast<unsigned long long>(answer.checkpoints),
      static_cast<unsigned long long>(answer.keys));
  return answer.problems.empty() ? kGood : kNo;
}

}  // namespace

int main(int count, char** words) {
  Wanted wanted;
  try {
    for (int i = 1; i < count; ++i) {
      const std::string word = words[i];
      if (word == "--help" || word == "-h") {
        std::printf("%s", kHelp);
        return kGood;
      }
      if (word == "--version") {
        std::printf("sallyport-verify %s\n", SALLYPORT_VERSION);
        return kGood;
      }
      const bool takes = word == "--vkey" || word == "--since" || word == "--witness";
      if (takes && i + 1 == count) return usage(word + " wants a value");
      if (word == "--vkey")
        wanted.vkey = key_text(words[++i]);
      else if (word == "--since")
        wanted.old_notes.push_back(content_of(words[++i]));
      else if (word == "--witness")
        wanted.witnesses.push_back(key_text(words[++i]));
      else if (word.starts_with("-") || !wanted.folder.empty())
        return usage("unknown argument " + word);
      else
        wanted.folder = word;
    }
    if (wanted.folder.empty()) return usage("which folder?");
    if (wanted.vkey.empty()) return usage("--vkey is missing: without a key nothing is proven");
    if (!std::filesystem::is_directory(wanted.folder))
      throw std::runtime_error(wanted.folder.string() + " is no folder");
    return print(sallyport::export_check::ExportCheck(wanted).run());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sallyport-verify: %s\n", error.what());
    return kFailed;
  }
}
