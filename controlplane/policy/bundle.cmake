# The bundle: YAML to a checked model to an image, the cache of images, the operator's keys file.
sallyport_library(NAME control_policy SOURCES ${CMAKE_CURRENT_LIST_DIR}/problem.cc
  DEPENDS sallyport::contract sallyport::control_api_kind sallyport::controlplane_matcher_compiler
  PACKAGES PkgConfig::FYAML OpenSSL::Crypto)
