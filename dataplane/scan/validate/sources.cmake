# Paths from dataplane/scan; one line per file, sorted.
set(SALLYPORT_VALIDATE_SOURCES
  validate/americas_ids.cc
  validate/asia_pacific_ids.cc
  validate/calendar.cc
  validate/crypto_address.cc
  validate/east_europe_ids.cc
  validate/europe_ids.cc
  validate/hash.cc
  validate/health.cc
  validate/nordic_ids.cc
  validate/payment.cc
  validate/registry.cc
  validate/published_secrets.cc
  validate/secret_terms.cc validate/secret_text.cc
  validate/travel.cc
  validate/uk_ids.cc
  validate/us_ids.cc
  validate/vehicles_devices.cc
)
