#pragma once

#include <glib.h>

#include "udpnat-key.h"
#include "udpnat-limits.h"

G_BEGIN_DECLS

/* "SQLite format 3" and its zero: SQLite's file format, section 1.3 */
#define UDPNAT_PAGE_MAGIC_BYTES 16

/**
 * UdpnatPageSeal:
 *
 * A database key at work: seals and opens single pages of a SQLite file or of its write-ahead log.
 * A sealed page is as long as a clear one; nonce and tag stand in the bytes that SQLite was told
 * to leave alone (UDPNAT_PAGE_RESERVED_BYTES), which read as zeros once it is open.
 */
typedef struct _UdpnatPageSeal UdpnatPageSeal;

UdpnatPageSeal *udpnat_page_seal_new       (const guint8          key[UDPNAT_KEY_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_page_seal_free      (UdpnatPageSeal       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPageSeal, udpnat_page_seal_free)

gboolean        udpnat_page_seal_close     (const UdpnatPageSeal *self,
                                            guint64               position,
                                            const guint8         *binding,
                                            const guint8          clear[UDPNAT_PAGE_BYTES],
                                            guint8                out_sealed[UDPNAT_PAGE_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
gboolean        udpnat_page_seal_open      (const UdpnatPageSeal *self,
                                            guint64               position,
                                            const guint8         *binding,
                                            const guint8          sealed[UDPNAT_PAGE_BYTES],
                                            guint8                out_clear[UDPNAT_PAGE_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_page_seal_mask      (const UdpnatPageSeal *self,
                                            guint64               position,
                                            guint8               *header);
void            udpnat_page_seal_unmask    (const UdpnatPageSeal *self,
                                            guint64               position,
                                            guint8               *header);
gboolean        udpnat_page_is_clear_first (const guint8         *bytes,
                                            gsize                 n_bytes);

G_END_DECLS
