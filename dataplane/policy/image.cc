#include "dataplane/policy/image.h"
