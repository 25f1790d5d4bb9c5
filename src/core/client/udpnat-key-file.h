#pragma once

#include <glib.h>

#include "udpnat-key.h"
#include "udpnat-passphrase.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_KEY_FILE_KIND_MISSING,
  UDPNAT_KEY_FILE_KIND_PLAIN,
  UDPNAT_KEY_FILE_KIND_PROTECTED, /* needs a passphrase */
  UDPNAT_KEY_FILE_KIND_DAMAGED,   /* or unreadable */
} UdpnatKeyFileKind;

/**
 * UdpnatKeyFileContents:
 * @identity_secret: who the user is
 * @database_key: that the database is encrypted with; zeros in a plain file
 * @is_changing: the encryption of the database is being turned on or off: it may be in either state
 * @cost: of the passphrase; all zeros: the default, when saving
 *
 * What the file `identity.key` of a profile holds. To be wiped with
 * udpnat_key_file_contents_clear().
 */
typedef struct
{
  guint8               identity_secret[UDPNAT_KEY_BYTES];
  guint8               database_key[UDPNAT_KEY_BYTES];
  gboolean             is_changing;
  UdpnatPassphraseCost cost;
} UdpnatKeyFileContents;

void              udpnat_key_file_contents_clear (UdpnatKeyFileContents       *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatKeyFileContents, udpnat_key_file_contents_clear)

UdpnatKeyFileKind udpnat_key_file_read_kind      (const char                  *path);
gboolean          udpnat_key_file_load           (const char                  *path,
                                                  const char                  *passphrase,
                                                  UdpnatKeyFileContents       *out_contents,
                                                  GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean          udpnat_key_file_save           (const char                  *path,
                                                  const char                  *passphrase,
                                                  const UdpnatKeyFileContents *contents,
                                                  GError                     **error)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_key_file_remove_leftover (const char                 *path);

G_END_DECLS
