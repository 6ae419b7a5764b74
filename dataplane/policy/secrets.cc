#include "dataplane/policy/secrets.h"
