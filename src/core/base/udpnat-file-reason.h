#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatFileReason:
 * @UDPNAT_FILE_REASON_NONE: there is none
 * @UDPNAT_FILE_REASON_PAUSED: by its user, who may let it go on
 * @UDPNAT_FILE_REASON_PREPARING: of REFUSE: is being read, GO-ON follows
 * @UDPNAT_FILE_REASON_UNKNOWN: of REFUSE: nothing is offered under that id (any more)
 * @UDPNAT_FILE_REASON_CHANGED: of REFUSE: is not what was offered any more
 * @UDPNAT_FILE_REASON_UNREADABLE: of REFUSE: the disk does not give it
 * @UDPNAT_FILE_REASON_NO_ROOM: of STOP: the receiver's disk is full, or does not take it
 *
 * Why nothing comes, or is to come. Others may be added.
 */
typedef enum
{
  UDPNAT_FILE_REASON_NONE = 0,
  UDPNAT_FILE_REASON_PAUSED = 1,
  UDPNAT_FILE_REASON_PREPARING = 2,
  UDPNAT_FILE_REASON_UNKNOWN = 3,
  UDPNAT_FILE_REASON_CHANGED = 4,
  UDPNAT_FILE_REASON_UNREADABLE = 5,
  UDPNAT_FILE_REASON_NO_ROOM = 6,
} UdpnatFileReason;

G_END_DECLS
