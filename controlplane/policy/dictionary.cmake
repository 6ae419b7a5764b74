# Values of tenants to the dictionary section of an image. Links no matcher: hashes only.
sallyport_library(NAME control_dictionary SOURCES ${CMAKE_CURRENT_LIST_DIR}/dictionary_compiler.cc
                  DEPENDS sallyport::contract sallyport::base)
