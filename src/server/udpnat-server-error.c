/* The server's error domain. */

#include "config.h"

#include "udpnat-server-error.h"

G_DEFINE_QUARK (udpnat-server-error-quark, udpnat_server_error)
