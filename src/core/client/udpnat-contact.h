#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatRelation:
 * @UDPNAT_RELATION_NONE: nothing is agreed
 * @UDPNAT_RELATION_REQUEST: they wrote, and we have not answered: few lines, by the relay only
 * @UDPNAT_RELATION_ACCEPTED: a contact
 * @UDPNAT_RELATION_DECLINED: their request was turned down
 * @UDPNAT_RELATION_BLOCKED: nothing of theirs is let in
 *
 * What somebody is to us. The values are on disk: never change them.
 */
typedef enum
{
  UDPNAT_RELATION_NONE = 0,
  UDPNAT_RELATION_REQUEST = 1,
  UDPNAT_RELATION_ACCEPTED = 2,
  UDPNAT_RELATION_DECLINED = 3,
  UDPNAT_RELATION_BLOCKED = 4,
} UdpnatRelation;

#define UDPNAT_TIMESTAMP_BYTES 12 /* TAI64N, as handshakes carry it (PROTOCOL.md section 4) */

/**
 * UdpnatContact:
 * @name: (nullable): at the server
 * @server: (nullable): "host:port"; %NULL for our own server
 * @nickname: (nullable): what the user calls them
 * @is_mutual: they have accepted us, or written to us after we accepted them; stays while they are
 *   blocked, so that they can be again what they were
 * @last_seen_us: wall clock, 0 when never
 *
 * One person, and how our conversation with them stands. The user and the client decide what is
 * above the second comment; what is below it the store keeps by itself, and
 * udpnat_store_save_contact() does not look at it.
 */
typedef struct
{
  UdpnatPublicKey key;
  char           *name;
  char           *server;
  char           *nickname;
  UdpnatRelation  relation;
  gboolean        is_mutual;
  gboolean        is_verified;
  gboolean        is_relay_only;
  gboolean        is_pinned;
  gboolean        is_muted;
  gint64          last_seen_us;

  /* kept by the store */
  gint64          last_read_number; /* the last line that the user has seen */
  guint           n_unread;         /* lines of theirs after it */
  gint64          last_shown_us;    /* time of the newest line, 0 when there is none */
  char           *draft;            /* nullable */
  char           *status;           /* nullable */
  GBytes         *avatar;           /* nullable */
  gint64          profile_sent_us;  /* of status and avatar, by their clock */
  gboolean        has_refused;      /* something of theirs was over a limit, and comes again */
  gboolean        has_timestamp;
  guint8          timestamp[UDPNAT_TIMESTAMP_BYTES]; /* of their last handshake */
} UdpnatContact;

UdpnatContact *udpnat_contact_new  (const UdpnatPublicKey *key) G_GNUC_WARN_UNUSED_RESULT;
UdpnatContact *udpnat_contact_copy (const UdpnatContact   *self) G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_contact_free (UdpnatContact         *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatContact, udpnat_contact_free)

G_END_DECLS
