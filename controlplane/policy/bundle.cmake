find_package(nlohmann_json REQUIRED)
# The bundle: YAML to a checked model to an image, the cache of images, the operator's keys file.
set(BUNDLE ${CMAKE_CURRENT_LIST_DIR})
sallyport_library(NAME control_policy SOURCES ${BUNDLE}/bundle.cc ${BUNDLE}/bundle_files.cc ${BUNDLE}/bundle_entities.cc
  ${BUNDLE}/bundle_vendors.cc ${BUNDLE}/bundle_dictionaries.cc ${BUNDLE}/bundle_rule.cc ${BUNDLE}/bundle_rules.cc ${BUNDLE}/bundle_limits.cc ${BUNDLE}/bundle_settings.cc ${BUNDLE}/bundle_templates.cc ${BUNDLE}/bundle_promises.cc ${BUNDLE}/rulings.cc ${BUNDLE}/names.cc ${BUNDLE}/digest.cc
  ${BUNDLE}/image_writer.cc ${BUNDLE}/image_sections.cc ${BUNDLE}/seeded_text.cc ${BUNDLE}/image_cache.cc ${BUNDLE}/keys_file.cc ${BUNDLE}/whole_file.cc
  ${BUNDLE}/rule_words.cc ${BUNDLE}/restoration.cc ${BUNDLE}/restoration_text.cc ${BUNDLE}/retention_text.cc
  DEPENDS sallyport::contract sallyport::control_yaml sallyport::control_api_kind
  sallyport::control_dictionary sallyport::controlplane_matcher_compiler PACKAGES OpenSSL::Crypto nlohmann_json::nlohmann_json)
# The one part of the control plane's policy that runs the pure stages of the dataplane.
sallyport_library(NAME control_policy_self_test SOURCES ${BUNDLE}/self_test.cc
  DEPENDS sallyport::control_policy sallyport::rewrite sallyport::policy sallyport::llm sallyport::scan sallyport::redact
  sallyport::mem PACKAGES OpenSSL::Crypto)
# How fast each pattern rule is alone, and the text it is measured over.
sallyport_library(NAME control_rule_speed SOURCES ${BUNDLE}/prompt_sample.cc ${BUNDLE}/rule_speed.cc
  DEPENDS sallyport::contract sallyport::controlplane_matcher_compiler PACKAGES nlohmann_json::nlohmann_json)
# Changes of bundles: who approves them, what they change, and whether they may be merged.
sallyport_library(NAME control_policy_change SOURCES ${BUNDLE}/bounded_program.cc ${BUNDLE}/approvals.cc
  ${BUNDLE}/bundle_store.cc ${BUNDLE}/bundle_change.cc ${BUNDLE}/change_redaction.cc ${BUNDLE}/change_dictionaries.cc ${BUNDLE}/change_detection.cc
  ${BUNDLE}/change_tests.cc ${BUNDLE}/change_vendors.cc ${BUNDLE}/change_reading.cc ${BUNDLE}/change_access.cc
  ${BUNDLE}/change_settings.cc ${BUNDLE}/guard.cc ${BUNDLE}/sarif.cc ${BUNDLE}/bundle_source.cc
  ${BUNDLE}/code_text.cc ${BUNDLE}/code_guard.cc
  DEPENDS sallyport::control_policy PACKAGES OpenSSL::Crypto nlohmann_json::nlohmann_json)
