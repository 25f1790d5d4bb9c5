#include "config.h"

#include "udpnat-error.h"

G_DEFINE_QUARK (udpnat-error-quark, udpnat_error)
