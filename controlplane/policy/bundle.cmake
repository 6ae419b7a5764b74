# The bundle: YAML to a checked model to an image, the cache of images, the operator's keys file.
set(HERE ${CMAKE_CURRENT_LIST_DIR})
sallyport_library(NAME control_policy SOURCES ${HERE}/bundle.cc ${HERE}/bundle_files.cc ${HERE}/bundle_entities.cc
  ${HERE}/bundle_vendors.cc ${HERE}/bundle_rules.cc ${HERE}/bundle_limits.cc ${HERE}/names.cc ${HERE}/digest.cc
  ${HERE}/image_writer.cc ${HERE}/image_cache.cc ${HERE}/keys_file.cc ${HERE}/whole_file.cc
  DEPENDS sallyport::contract sallyport::control_yaml sallyport::control_api_kind
  sallyport::controlplane_matcher_compiler PACKAGES OpenSSL::Crypto)
# The one part of the control plane's policy that runs the pure stages of the dataplane.
sallyport_library(NAME control_policy_self_test SOURCES ${HERE}/self_test.cc
  DEPENDS sallyport::control_policy sallyport::rewrite sallyport::policy sallyport::llm sallyport::scan sallyport::redact
  sallyport::mem PACKAGES OpenSSL::Crypto)
