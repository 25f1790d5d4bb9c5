#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How a server tells who is there (PROTOCOL.md section 7). Read it as guint8 from the wire. */
typedef enum
{
  UDPNAT_DIRECTORY_UNKNOWN, /* never on the wire: it has not said yet */
  UDPNAT_DIRECTORY_WHOLE,   /* nor this: it tells of everybody */
  UDPNAT_DIRECTORY_PAGED,   /* there are too many: page after page, and by how names begin */
  UDPNAT_DIRECTORY_PRIVATE, /* not at all: who knows a name may look that up */
} UdpnatDirectoryKind;

G_END_DECLS
