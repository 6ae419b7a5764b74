#include "dataplane/scan/recognise/person/particles.h"

#include <string_view>

namespace sallyport::scan {
namespace {

constexpr std::string_view kParticles[] = {
    "de",  "da",  "do",  "dos", "das", "del", "della", "di",   "la", "le", "van", "von", "der",
    "den", "ter", "bin", "ibn", "al",  "el",  "ben",   "bint", "y",  "zu", "af",  "du"};
constexpr WordFilter kParticlesFilter{kParticles};
// Words of sentences as well; in names they stand behind another one.
constexpr std::string_view kArticles[] = {"der", "den", "das", "la", "le", "el", "y"};
constexpr unsigned kParticlesMax = 2;

}  // namespace

bool is_particle(OpenReader& reader, const NameWord& word) noexcept {
  return !word.capital && word_in(reader, word, kParticles, kParticlesFilter);
}

uint64_t over_particles(OpenReader& reader, uint64_t at) noexcept {
  for (unsigned i = 0; i < kParticlesMax; ++i) {
    const NameWord word = word_before(reader, at);
    if (word.size() == 0 || reader.before(word.start) != ' ' || !is_particle(reader, word)) break;
    at = word.start - 1;
  }
  return at;
}

uint64_t end_behind_particles(OpenReader& reader, uint64_t at) noexcept {
  for (unsigned i = 0; i <= kParticlesMax && reader.at(at) == ' '; ++i) {
    const NameWord word = word_at(reader, at + 1);
    if (i > 0 && word.capital && word.size() > 1) return word.end;
    if (!is_particle(reader, word)) return 0;
    // "Herr der Ringe", "Peter y Anna"
    if (i == 0 && word_in(reader, word, kArticles)) return 0;
    at = word.end;
  }
  return 0;
}

}  // namespace sallyport::scan
