# Values of tenants to the dictionary section of an image. Links no matcher: hashes only.
sallyport_library(NAME control_dictionary
  SOURCES dictionary/dictionary_compiler.cc
  DEPENDS sallyport::contract sallyport::base)
