#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_ERROR (udpnat_error_quark ())

/* One code for each thing that the caller can do about it. */
typedef enum
{
  /* another process has it open: use another profile, or close that one */
  UDPNAT_ERROR_PROFILE_IN_USE,
  UDPNAT_ERROR_PROFILE_UNWRITABLE,  /* mend the rights of the folder, or use another */
  /* a file in it cannot be read: restore it, or use another profile */
  UDPNAT_ERROR_PROFILE_DAMAGED,
  /* the host name has no address: check its spelling, or the network */
  UDPNAT_ERROR_SERVER_NOT_FOUND,
  UDPNAT_ERROR_INVALID,             /* a name or text that is not allowed */
} UdpnatError;

GQuark udpnat_error_quark (void);

G_END_DECLS
