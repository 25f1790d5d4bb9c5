#pragma once

#include "udpnat-frame.h"
#include "udpnat-session.h"

G_BEGIN_DECLS

/* Somewhere in 2026, added to the virtual clock for timestamps. */
#define FUZZ_WALL_OFFSET_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

/**
 * FuzzRemote:
 * @answer_frames: what its next HS2 carries
 * @n_cookies: so many HS1 are answered with COOKIE instead
 * @is_deaf: does not answer PATH-CHALLENGE
 * @has_ticket: @ticket is the last one that it got
 * @handle: of the last REGISTERED that it got
 * @last_index: the receiver index of the last DATA that it got
 * @replies: (element-type GBytes): datagrams to send besides the session's
 *
 * The other end of a machine that is being tested: somebody who has keys and speaks the handshake,
 * and then says whatever the input wants. Raw noise would never get past the AEAD.
 */
typedef struct
{
  UdpnatRole        role;
  UdpnatAddress     address;
  UdpnatRandom      random;
  UdpnatIdentity   *identity;
  UdpnatIndexTable *indexes;
  UdpnatSession    *session; /* NULL before the first handshake */
  guint8            answer_frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize             n_answer_frames;
  guint             n_cookies;
  gboolean          is_deaf;
  gboolean          has_ticket;
  UdpnatTicket      ticket;
  guint32           handle;
  guint32           last_index;
  GQueue            replies;
} FuzzRemote;

void     fuzz_remote_init    (FuzzRemote            *self,
                              UdpnatRole             role,
                              const UdpnatRandom    *random,
                              const UdpnatAddress   *address);
void     fuzz_remote_clear   (FuzzRemote            *self);
void     fuzz_remote_forget  (FuzzRemote            *self);
void     fuzz_remote_dial    (FuzzRemote            *self,
                              gint64                 now_us,
                              const UdpnatPublicKey *to,
                              const guint8          *frames,
                              gsize                  n_frames);
void     fuzz_remote_resume  (FuzzRemote            *self,
                              gint64                 now_us,
                              const UdpnatPublicKey *to);
void     fuzz_remote_receive (FuzzRemote            *self,
                              gint64                 now_us,
                              const guint8          *data,
                              gsize                  n_data);
void     fuzz_remote_elapse  (FuzzRemote            *self,
                              gint64                 now_us);
gboolean fuzz_remote_pop_frame (FuzzRemote          *self,
                              gint64                 now_us,
                              UdpnatFrameView       *out_frame);
gboolean fuzz_remote_pop     (FuzzRemote            *self,
                              gint64                 now_us,
                              guint8                *out,
                              gsize                 *out_n);
gsize    fuzz_remote_seal    (FuzzRemote            *self,
                              gint64                 now_us,
                              const guint8          *frames,
                              gsize                  n_frames,
                              guint8                *out);
gsize    fuzz_remote_seal_carrier (FuzzRemote       *self,
                              gint64                 now_us,
                              const guint8          *frames,
                              gsize                  n_frames,
                              gsize                  n_carried,
                              guint8                *out);
void     fuzz_remote_write   (FuzzRemote            *self,
                              guint32                stream,
                              const guint8          *data,
                              gsize                  n_data);

const UdpnatPublicKey *fuzz_remote_get_key (const FuzzRemote *self);

G_END_DECLS
