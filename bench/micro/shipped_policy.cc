#include "bench/micro/shipped_policy.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/rewrite/text/ruling.h"

namespace sallyport::bench {

namespace control = controlplane::policy;

ShippedPolicy::ShippedPolicy(const std::filesystem::path& policies) {
  std::vector<control::Problem> problems;
  auto read = control::read_bundle(policies, problems);
  auto made = read.has_value() ? control::compile_image(*read, problems) : std::nullopt;
  for (const auto& problem : problems)
    std::fprintf(stderr, "%s:%d: %s\n", problem.file.c_str(), problem.line,
                 problem.message.c_str());
  SP_CHECK_WHY(made.has_value(), "the bundle does not compile");
  bundle = std::move(*read);
  compiled = std::move(*made);
  std::string error;
  SP_CHECK_WHY(image.load(compiled.bytes, error), error.c_str());
  SP_CHECK_WHY(engine.load(image.matcher_section(), error), error.c_str());
  scratch = engine.make_scratch();
  SP_CHECK(tables.load(image.llm_section()) == llm::ApiTables::LoadError::None);
  std::vector<std::string_view> names;
  for (uint16_t i = 0; i < engine.entity_count(); ++i) names.push_back(engine.entity_name(i));
  SP_CHECK(labels.build(names));
  const std::array<uint8_t, redact::kTokenKeyBytes> key{1, 2, 3};
  SP_CHECK(mint.load(key, "00"));
  scope.engine = &engine;
  scope.scratch = scratch.get();
  scope.labels = &labels;
  scope.mint = &mint;
  scope.tokens = &tokens;
}

void ShippedPolicy::begin_scope(rewrite::RewriteScope::Direction direction,
                                std::string_view reason) {
  rewrite::RulingFor who;
  who.principal = "bench";
  who.reason = reason;
  SP_CHECK(rewrite::fill_scope(image, who, direction, scope));
}

}  // namespace sallyport::bench
