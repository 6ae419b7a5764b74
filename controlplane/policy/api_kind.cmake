# API kinds: vendor message tables, YAML to image section (owner of the format: contract/llm_layout.h).
sallyport_library(NAME control_api_kind SOURCES api_kind_compiler.cc DEPENDS sallyport::contract)
