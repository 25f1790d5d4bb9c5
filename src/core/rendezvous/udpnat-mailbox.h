#pragma once

#include "udpnat-heap.h"
#include "udpnat-key.h"
#include "udpnat-mail-message.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatMailbox:
 *
 * The mailboxes of a server (PROTOCOL.md section 14): which letters wait for whom, who may leave
 * how many, and until when. Neither what is in them nor who sent them.
 */
typedef struct _UdpnatMailbox UdpnatMailbox;

/**
 * UdpnatMailboxLimits:
 * @recipient_bytes: what may wait for one recipient; 0 for %UDPNAT_MAIL_RECIPIENT_BYTES
 * @total_bytes: and for all, with what letters and passes cost; 0 for %UDPNAT_MAIL_TOTAL_BYTES
 * @days: how long a letter waits; 0 for %UDPNAT_MAIL_DAYS
 */
typedef struct
{
  gint64 recipient_bytes;
  gint64 total_bytes;
  guint  days;
} UdpnatMailboxLimits;

/**
 * UdpnatMail:
 * @number: rises from letter to letter
 * @recipient: borrowed
 * @stored_s: in seconds since 1970
 * @is_stored: it is on disk; the mailbox's owner writes it
 * @has_pass: from somebody whom the recipient had accepted, by @pass
 *
 * One letter that waits.
 */
typedef struct
{
  guint64                number;
  const UdpnatPublicKey *recipient;
  gint64                 stored_s;
  guint32                n_bytes;
  gboolean               is_stored;
  gboolean               has_pass;
  guint8                 pass[UDPNAT_MAIL_PASS_BYTES];
  UdpnatHeapItem         expiry; /* in seconds since 1970 */
} UdpnatMail;

typedef void (*UdpnatMailboxFunc) (const UdpnatPublicKey *recipient,
                                   gpointer               user_data);

UdpnatMailbox *udpnat_mailbox_new            (const UdpnatRandom        *random,
                                              const UdpnatMailboxLimits *limits)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_mailbox_free           (UdpnatMailbox             *self);

/* Letters */
UdpnatMailCode udpnat_mailbox_judge          (const UdpnatMailbox       *self,
                                              const UdpnatPublicKey     *recipient,
                                              const guint8              *pass,
                                              gsize                      n_bytes);
UdpnatMail    *udpnat_mailbox_add            (UdpnatMailbox             *self,
                                              const UdpnatPublicKey     *recipient,
                                              const guint8              *pass,
                                              gsize                      n_bytes,
                                              gint64                     stored_s);
void           udpnat_mailbox_restore        (UdpnatMailbox             *self,
                                              guint64                    number,
                                              const UdpnatPublicKey     *recipient,
                                              const guint8              *pass,
                                              gsize                      n_bytes,
                                              gint64                     stored_s);
void           udpnat_mailbox_raise_number   (UdpnatMailbox             *self,
                                              guint64                    number);
UdpnatMail    *udpnat_mailbox_find           (const UdpnatMailbox       *self,
                                              guint64                    number);
UdpnatMail    *udpnat_mailbox_next           (const UdpnatMailbox       *self,
                                              const UdpnatPublicKey     *recipient,
                                              guint64                    after);
UdpnatMail    *udpnat_mailbox_peek_oldest    (const UdpnatMailbox       *self);
void           udpnat_mailbox_remove         (UdpnatMailbox             *self,
                                              UdpnatMail                *mail);
gboolean       udpnat_mailbox_take_read      (UdpnatMailbox             *self,
                                              gint64                     now_us,
                                              const UdpnatMail          *mail);
void           udpnat_mailbox_foreach_recipient (const UdpnatMailbox    *self,
                                              UdpnatMailboxFunc          func,
                                              gpointer                   user_data);
guint          udpnat_mailbox_get_count      (const UdpnatMailbox       *self);
gint64         udpnat_mailbox_get_bytes      (const UdpnatMailbox       *self);

/* Passes */
gboolean       udpnat_mailbox_has_pass       (const UdpnatMailbox       *self,
                                              const UdpnatPublicKey     *recipient,
                                              const guint8              *pass);
gboolean       udpnat_mailbox_set_passes     (UdpnatMailbox             *self,
                                              const UdpnatPublicKey     *recipient,
                                              gboolean                   is_replacing,
                                              const guint8              *passes,
                                              guint                      n_passes);
void           udpnat_mailbox_mark_changed   (UdpnatMailbox             *self,
                                              const UdpnatPublicKey     *recipient);
GBytes        *udpnat_mailbox_pop_changed    (UdpnatMailbox             *self,
                                              UdpnatPublicKey           *out_recipient)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatMailbox, udpnat_mailbox_free)

G_END_DECLS
