// compiled_kind.h: an API kind made of a test's own tables.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "controlplane/policy/api_kind/api_kind_file.h"
#include "tests/unit/llm/shipped_tables.h"

namespace sallyport::rewrite {

// `yaml` describes the kind `name`. The kind views what this holds.
class CompiledKind {
 public:
  CompiledKind(std::string_view name, const char* yaml)
      : section_([&] {
          const auto compiled =
              controlplane::policy::compile_api_kind_files({{std::string(name) + ".yaml", yaml}});
          for (const auto& p : compiled.problems) ADD_FAILURE() << p.line << ": " << p.what;
          return compiled.bytes;
        }()) {
    EXPECT_EQ(llm::load_error_name(tables_.load(section_.bytes())), "none");
    EXPECT_TRUE(tables_.find_kind(name, kind_));
  }
  const llm::ApiKind& kind() const noexcept { return kind_; }

 private:
  llm::AlignedSection section_;
  llm::ApiTables tables_;
  llm::ApiKind kind_;
};

}  // namespace sallyport::rewrite
