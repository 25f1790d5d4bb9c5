#pragma once

#include <glib.h>
#include <sodium.h>

#include "udpnat-key.h"
#include "udpnat-limits.h"
#include "udpnat-passphrase.h"

G_BEGIN_DECLS

/* The last character but one is the version. */
#define UDPNAT_BACKUP_MAGIC "udpnat backup 1\n"
#define UDPNAT_BACKUP_MAGIC_BYTES 16
#define UDPNAT_BACKUP_FLAG_PASSPHRASE 1
/* Magic, flags; cost and salt of the passphrase; header of the stream */
#define UDPNAT_BACKUP_PLAIN_HEAD_BYTES (UDPNAT_BACKUP_MAGIC_BYTES + 1)
#define UDPNAT_BACKUP_SEALED_HEAD_BYTES                                               \
  (UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 8 + 8 + UDPNAT_PASSPHRASE_SALT_BYTES              \
   + crypto_secretstream_xchacha20poly1305_HEADERBYTES)
#define UDPNAT_BACKUP_CHECK_BYTES 32
#define UDPNAT_BACKUP_SEALED_CHUNK_BYTES \
  (UDPNAT_BACKUP_CHUNK_BYTES + crypto_secretstream_xchacha20poly1305_ABYTES)
/* Secret of the identity, length of the database */
#define UDPNAT_BACKUP_PREFIX_BYTES (UDPNAT_KEY_BYTES + 8)

G_END_DECLS
