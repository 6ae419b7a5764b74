# Entities and rules to the matcher section of an image. The one target that links the pattern compiler.
find_library(HS_COMPILE_LIBRARY hs REQUIRED)
sallyport_library(NAME controlplane_matcher_compiler SOURCES ${CMAKE_CURRENT_LIST_DIR}/matcher_compiler.cc ${CMAKE_CURRENT_LIST_DIR}/matcher_section.cc
                  ${CMAKE_CURRENT_LIST_DIR}/matcher_shape.cc ${CMAKE_CURRENT_LIST_DIR}/pattern_anchor.cc ${CMAKE_CURRENT_LIST_DIR}/validator_names.cc
                  DEPENDS sallyport::contract sallyport::scan PACKAGES ${HS_COMPILE_LIBRARY})
