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
  /* neither file nor folder, too much, or a name that cannot be sent: choose something else */
  UDPNAT_ERROR_NOT_SENDABLE,
  UDPNAT_ERROR_CHANGED,             /* a file is not as it was offered: offer it again */
  /* what was there is not any more: it was moved, finished or removed; begin anew */
  UDPNAT_ERROR_GONE,
  UDPNAT_ERROR_NO_FOLDER,           /* the folder for it is not there: choose another */
  /* the system does not let us: change the rights, or choose another place */
  UDPNAT_ERROR_DENIED,
  UDPNAT_ERROR_DISK_FULL,           /* make room, or choose another place */
  UDPNAT_ERROR_DISK,                /* it cannot be read or written: check it, and try again */
  UDPNAT_ERROR_CORRUPT,             /* what came is not what was offered: ask for it again */
} UdpnatError;

GQuark udpnat_error_quark (void);

G_END_DECLS
