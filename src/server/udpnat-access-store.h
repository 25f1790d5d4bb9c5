#pragma once

#include "udpnat-invitation-code.h"
#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatAccessStore:
 *
 * What a server's operator has said about who may take part: invitations, keys that are let in,
 * keys and names that are kept out. One SQLite file.
 */
typedef struct _UdpnatAccessStore UdpnatAccessStore;

/**
 * UdpnatAccessRecord:
 * @name: (nullable): of a name; %NULL when the record is of a key
 * @key: of a key; or whom the name was taken from, with @is_denied
 *
 * What is kept of one key or one name.
 */
typedef struct
{
  const char     *name;
  UdpnatPublicKey key;
  gboolean        is_allowed;
  gboolean        is_blocked;
  gboolean        is_denied;
} UdpnatAccessRecord;

/**
 * UdpnatInvitation:
 * @until_us: microseconds since 1970
 *
 * One that still lets somebody in. Its code is not known any more.
 */
typedef struct
{
  gint64 id;
  guint  n_uses;
  gint64 until_us;
} UdpnatInvitation;

typedef enum
{
  UDPNAT_ACCESS_REDEEM_GOOD,
  UDPNAT_ACCESS_REDEEM_BAD, /* no invitation, used up or too old */
  UDPNAT_ACCESS_REDEEM_FAILED,
} UdpnatAccessRedeem;

typedef void (*UdpnatAccessRecordFunc) (const UdpnatAccessRecord *record,
                                        gpointer                  user_data);
typedef void (*UdpnatInvitationFunc)   (const UdpnatInvitation   *invitation,
                                        gpointer                  user_data);

UdpnatAccessStore *udpnat_access_store_open (const char *path,
                                             GError    **error) G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_access_store_free (UdpnatAccessStore *self);

/* Invitations */
gboolean udpnat_access_store_add_invitation      (UdpnatAccessStore          *self,
                                                  const UdpnatInvitationCode *code,
                                                  guint                       n_uses,
                                                  gint64                      until_us,
                                                  gint64                     *out_id,
                                                  GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_withdraw_invitation (UdpnatAccessStore          *self,
                                                  gint64                      id,
                                                  gboolean                   *out_was_there,
                                                  GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_foreach_invitation  (UdpnatAccessStore          *self,
                                                  gint64                      wall_us,
                                                  UdpnatInvitationFunc        func,
                                                  gpointer                    user_data,
                                                  GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatAccessRedeem udpnat_access_store_redeem    (UdpnatAccessStore          *self,
                                                  const UdpnatInvitationCode *code,
                                                  const UdpnatPublicKey      *key,
                                                  gint64                      wall_us,
                                                  GError                    **error);

/* Keys and names */
gboolean udpnat_access_store_set_key_allowed  (UdpnatAccessStore      *self,
                                               const UdpnatPublicKey  *key,
                                               gboolean                is_allowed,
                                               GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_set_key_blocked  (UdpnatAccessStore      *self,
                                               const UdpnatPublicKey  *key,
                                               gboolean                is_blocked,
                                               GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_set_name_blocked (UdpnatAccessStore      *self,
                                               const char             *name,
                                               gboolean                is_blocked,
                                               GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_set_name_denied  (UdpnatAccessStore      *self,
                                               const char             *name,
                                               const UdpnatPublicKey  *key,
                                               GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_access_store_foreach          (UdpnatAccessStore      *self,
                                               UdpnatAccessRecordFunc  func,
                                               gpointer                user_data,
                                               GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatAccessStore, udpnat_access_store_free)

G_END_DECLS
