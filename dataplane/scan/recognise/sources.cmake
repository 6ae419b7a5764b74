# Paths from dataplane/scan; one line per file, sorted.
set(SALLYPORT_RECOGNISE_SOURCES
  recognise/assignment.cc
  recognise/auth_header.cc
  recognise/command_line.cc
  recognise/credential_name.cc
  recognise/credential_value.cc
  recognise/cue_value.cc
  recognise/key_block.cc
  recognise/password.cc
  recognise/phone.cc
  recognise/url_credentials.cc
)
