# Entities and rules to the matcher section of an image. The one target that links the pattern compiler.
find_library(HS_COMPILE_LIBRARY hs REQUIRED)
sallyport_library(NAME controlplane_matcher_compiler SOURCES ${CMAKE_CURRENT_LIST_DIR}/matcher_compiler.cc
                  DEPENDS sallyport::contract PACKAGES ${HS_COMPILE_LIBRARY})
