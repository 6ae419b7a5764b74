# Paths from dataplane/scan; one line per file, sorted.
set(SALLYPORT_RECOGNISE_SOURCES
  recognise/cue_value.cc
)
