#pragma once

#include "udpnat-message-id.h"

G_BEGIN_DECLS

/**
 * UdpnatItemType:
 * @UDPNAT_ITEM_TEXT: a message
 * @UDPNAT_ITEM_REPLY: a message that quotes another
 * @UDPNAT_ITEM_EDIT: the target's text is now this one
 * @UDPNAT_ITEM_DELETE: the target is to be forgotten by both sides
 * @UDPNAT_ITEM_REACTION: a sign put on the target; an empty one takes it back
 * @UDPNAT_ITEM_PROFILE: the sender's status line and picture
 * @UDPNAT_ITEM_PREKEYS: one-time keys for mail to the sender
 * @UDPNAT_ITEM_ACCEPT: the sender takes us for a contact
 * @UDPNAT_ITEM_ADDRESS: where the sender is registered, who is a guest at our server
 * @UDPNAT_ITEM_FILE: a file or folder that the sender offers (udpnat-file-offer.h)
 * @UDPNAT_ITEM_FILE_ANSWER: what has become of the target, a FILE of either side
 * @UDPNAT_ITEM_FILE_PART: bytes of a small FILE of the sender's, who may not be there later
 *
 * What is said reliably: it waits in the sender's outbox until the receiver has it on disk,
 * whatever carries it (PROTOCOL.md section 9). Others up to %UDPNAT_ITEM_TYPE_MAX may come from a
 * later version: they are kept and confirmed, though not understood.
 */
typedef enum
{
  UDPNAT_ITEM_TEXT = 0x01,
  UDPNAT_ITEM_REPLY = 0x02,
  UDPNAT_ITEM_EDIT = 0x03,
  UDPNAT_ITEM_DELETE = 0x04,
  UDPNAT_ITEM_REACTION = 0x05,
  UDPNAT_ITEM_PROFILE = 0x06,
  UDPNAT_ITEM_PREKEYS = 0x07,
  UDPNAT_ITEM_ACCEPT = 0x08,
  UDPNAT_ITEM_ADDRESS = 0x09,
  UDPNAT_ITEM_FILE = 0x0a,
  UDPNAT_ITEM_FILE_ANSWER = 0x0b,
  UDPNAT_ITEM_FILE_PART = 0x0c,
} UdpnatItemType;

#define UDPNAT_ITEM_TYPE_MAX 0x3f
#define UDPNAT_PREKEY_BYTES 32

/**
 * UdpnatItem:
 * @type: a #UdpnatItemType, or one of a later version
 * @id: random; names the item for both sides
 * @sent_us: the sender's wall clock, µs since 1970
 * @body: what follows these on the wire; its form depends on @type
 *
 * One thing that is said. Immutable.
 */
typedef struct
{
  guint8          type;
  UdpnatMessageId id;
  gint64          sent_us;
  GBytes         *body;
} UdpnatItem;

/**
 * UdpnatPrekey:
 * @id: chosen by its owner, not 0
 * @key: X25519; public in PREKEYS, secret in the owner's store
 */
typedef struct
{
  guint64 id;
  guint8  key[UDPNAT_PREKEY_BYTES];
} UdpnatPrekey;

UdpnatItem *udpnat_item_new          (guint8                 type,
                                      const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const guint8          *body,
                                      gsize                  n_body) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_text     (const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const char            *text) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_on       (guint8                 type,
                                      const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const UdpnatMessageId *target,
                                      const char            *text) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_profile  (const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const char            *status,
                                      GBytes                *avatar) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_prekeys  (const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const UdpnatPrekey    *prekeys,
                                      guint                  n_prekeys) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_accept   (const UdpnatMessageId *id,
                                      gint64                 sent_us) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_new_address  (const UdpnatMessageId *id,
                                      gint64                 sent_us,
                                      const char            *address) G_GNUC_WARN_UNUSED_RESULT;
UdpnatItem *udpnat_item_copy         (const UdpnatItem      *self) G_GNUC_WARN_UNUSED_RESULT;
void        udpnat_item_free         (UdpnatItem            *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatItem, udpnat_item_free)

gboolean    udpnat_item_body_is_valid (guint8                type,
                                      const guint8          *body,
                                      gsize                  n_body) G_GNUC_WARN_UNUSED_RESULT;
gboolean    udpnat_item_is_known     (const UdpnatItem      *self);
gboolean    udpnat_item_is_shown     (const UdpnatItem      *self);
gboolean    udpnat_item_get_target   (const UdpnatItem      *self,
                                      UdpnatMessageId       *out_target);
char       *udpnat_item_dup_text     (const UdpnatItem      *self) G_GNUC_WARN_UNUSED_RESULT;
GBytes     *udpnat_item_dup_avatar   (const UdpnatItem      *self) G_GNUC_WARN_UNUSED_RESULT;
guint       udpnat_item_get_prekeys  (const UdpnatItem      *self,
                                      UdpnatPrekey          *out_prekeys,
                                      guint                  n_max);

G_END_DECLS
