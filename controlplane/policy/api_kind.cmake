# API kinds: vendor message tables, YAML to image section (owner of the format: contract/llm_layout.h).
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
sallyport_library(NAME control_yaml
  SOURCES yaml/problem.cc yaml/yaml_node.cc yaml/yaml_reader.cc
  DEPENDS sallyport::contract
  PACKAGES PkgConfig::FYAML)
sallyport_library(NAME control_api_kind
  SOURCES api_kind/api_kind_compiler.cc api_kind/api_kind_file.cc api_kind/api_kind_merge.cc
  DEPENDS sallyport::contract sallyport::control_yaml)
