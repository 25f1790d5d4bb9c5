/* The error domain of this folder. The messages are written where the errors are found:
 * udpnat-socket.c. */

#include "config.h"

#include "udpnat-io-error.h"

G_DEFINE_QUARK (udpnat-io-error-quark, udpnat_io_error)
