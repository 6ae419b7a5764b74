// bundle_rule.h: one rule of an entity, as it stands in entities/*.yaml.
#pragma once

#include "controlplane/policy/matcher/matcher_compiler.h"
#include "controlplane/policy/yaml/yaml_reader.h"

namespace sallyport::controlplane::policy {

// Every key of the mapping but `id`. What does not hold is reported.
void read_rule(YamlReader& reader, YamlMapping& mapping, const YamlNode& node, RuleSource& rule);

}  // namespace sallyport::controlplane::policy
