#pragma once

#include "udpnat-name.h"
#include "udpnat-rendezvous-server-private.h"

G_BEGIN_DECLS

/* What people ask about others in frames, and others who ask at the same time. */

/**
 * UdpnatServerLookup:
 * @name: (array length=n_name): points into the frame
 * @is_plain: @folded and @hash are set
 *
 * A LOOKUP, read.
 */
typedef struct
{
  guint32     request;
  guint32     hash;
  gboolean    is_plain;
  const char *name;
  gsize       n_name;
  char        folded[UDPNAT_NAME_PLAIN_MAX_BYTES + 1];
} UdpnatServerLookup;

/* udpnat-server-gather.c */
UdpnatServerGather   *udpnat_server_gather_new     (void)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_server_gather_free    (UdpnatServerGather     *self);
guint8               *udpnat_server_gather_peek_room (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);
gboolean              udpnat_server_gather_put     (UdpnatRendezvousServer *self,
                                                    UdpnatServerIdentity   *from,
                                                    const UdpnatFrameView  *frame);
void                  udpnat_server_gather_answer  (UdpnatRendezvousServer *self,
                                                    gint64                  now_us);

/* udpnat-server-question.c */
void                  udpnat_server_answer         (UdpnatServerIdentity   *to,
                                                    UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    const GByteArray       *message);
gboolean              udpnat_server_read_lookup    (const UdpnatRendezvousServer *self,
                                                    const UdpnatFrameView  *frame,
                                                    UdpnatServerLookup     *out_lookup);
void                  udpnat_server_answer_lookup  (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    UdpnatServerIdentity   *from,
                                                    const UdpnatServerLookup *lookup);
void                  udpnat_server_handle_question (UdpnatRendezvousServer *self,
                                                    gint64                  now_us,
                                                    UdpnatServerIdentity   *from,
                                                    const UdpnatFrameView  *frame);

G_END_DECLS
