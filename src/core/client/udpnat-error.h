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
  UDPNAT_ERROR_UNKNOWN_PERSON,      /* nobody has that name: check its spelling */
  UDPNAT_ERROR_NO_SERVER,           /* it cannot be asked now: try again later */
  UDPNAT_ERROR_BLOCKED,             /* by the user: unblock them first */
  /* a passphrase is needed: ask for it; or with one given: too little memory to check it */
  UDPNAT_ERROR_LOCKED,
  UDPNAT_ERROR_WRONG_PASSPHRASE,    /* ask again */
  UDPNAT_ERROR_BACKUP_DAMAGED,      /* the file is no whole backup: take another */
  UDPNAT_ERROR_EXISTS,              /* something is there already: choose another place */
} UdpnatError;

GQuark udpnat_error_quark (void);

G_END_DECLS
