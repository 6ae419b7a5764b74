find_package(nlohmann_json REQUIRED)
# The bundle: YAML to a checked model to an image, the cache of images, the operator's keys file.
sallyport_library(NAME control_policy
  SOURCES bundle/bundle.cc bundle/bundle_files.cc bundle/bundle_entities.cc bundle/bundle_vendors.cc
          bundle/bundle_dictionaries.cc bundle/bundle_rule.cc bundle/bundle_rules.cc bundle/bundle_limits.cc
          bundle/bundle_settings.cc bundle/bundle_templates.cc bundle/bundle_promises.cc bundle/bundle_order.cc bundle/rulings.cc
          bundle/names.cc bundle/digest.cc image/image_writer.cc image/image_sections.cc image/seeded_text.cc
          image/image_cache.cc bundle/keys_file.cc bundle/whole_file.cc matcher/rule_words.cc bundle/restoration.cc
          image/restoration_text.cc image/retention_text.cc
  DEPENDS sallyport::contract sallyport::control_yaml sallyport::control_api_kind sallyport::control_dictionary
          sallyport::controlplane_matcher_compiler
  PACKAGES OpenSSL::Crypto nlohmann_json::nlohmann_json)
# The one part of the control plane's policy that runs the pure stages of the dataplane.
sallyport_library(NAME control_policy_self_test
  SOURCES image/self_test.cc
  DEPENDS sallyport::control_policy sallyport::rewrite sallyport::policy sallyport::llm sallyport::scan
          sallyport::redact sallyport::mem
  PACKAGES OpenSSL::Crypto)
# How fast each pattern rule is alone, and the text it is measured over.
sallyport_library(NAME control_rule_speed
  SOURCES matcher/prompt_sample.cc matcher/rule_speed.cc
  DEPENDS sallyport::contract sallyport::controlplane_matcher_compiler
  PACKAGES nlohmann_json::nlohmann_json)
# Changes of bundles: who approves them, what they change, and whether they may be merged.
sallyport_library(NAME control_policy_change
  SOURCES bundle/bounded_program.cc bundle/approvals.cc change/bundle_store.cc change/bundle_change.cc
          change/change_redaction.cc change/change_dictionaries.cc change/change_detection.cc change/change_tests.cc
          change/change_vendors.cc change/change_reading.cc change/change_access.cc change/change_settings.cc
          change/guard.cc change/sarif.cc change/bundle_source.cc change/code_text.cc change/code_guard.cc
  DEPENDS sallyport::control_policy
  PACKAGES OpenSSL::Crypto nlohmann_json::nlohmann_json)
