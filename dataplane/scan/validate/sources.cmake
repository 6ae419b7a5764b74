# Paths from dataplane/scan; one line per file, sorted.
set(SALLYPORT_VALIDATE_SOURCES)
