# Entities and rules to the matcher section of an image. The one target that links the pattern compiler.
find_library(HS_COMPILE_LIBRARY hs REQUIRED)
sallyport_library(NAME controlplane_matcher_compiler
  SOURCES matcher/matcher_compiler.cc matcher/matcher_section.cc matcher/matcher_shape.cc matcher/pattern_anchor.cc
          matcher/validator_names.cc
  DEPENDS sallyport::contract sallyport::scan
  PACKAGES ${HS_COMPILE_LIBRARY})
