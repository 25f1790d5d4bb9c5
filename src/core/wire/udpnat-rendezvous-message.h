#pragma once

#include "udpnat-candidates.h"
#include "udpnat-message.h"
#include "udpnat-presence.h"
#include "udpnat-reader.h"

G_BEGIN_DECLS

/* Messages of a client-server control stream (PROTOCOL.md section 7). */
typedef enum
{
  UDPNAT_CS_REGISTER = 0x01,
  UDPNAT_CS_REGISTERED = 0x02,
  UDPNAT_CS_REFUSED = 0x03,
  UDPNAT_CS_UNREGISTER = 0x04,
  UDPNAT_CS_UNREGISTERED = 0x05,
  UDPNAT_CS_LOOKUP = 0x06,
  UDPNAT_CS_LOOKUP_RESULT = 0x07,
  UDPNAT_CS_SUBSCRIBE = 0x08,
  UDPNAT_CS_PEERS = 0x09,
  UDPNAT_CS_LIST_END = 0x0a,
  UDPNAT_CS_PRESENCE = 0x0b,
  UDPNAT_CS_ATTEST = 0x0c,
  UDPNAT_CS_ATTESTATION = 0x0d,
  UDPNAT_CS_KEEPALIVE = 0x0e,
  UDPNAT_CS_REPORT = 0x0f,
  UDPNAT_CS_WATCH = 0x18,
  UDPNAT_CS_WATCHED = 0x19,
  UDPNAT_CS_DIRECTORY = 0x1a,
  UDPNAT_CS_LIST = 0x1b,
  UDPNAT_CS_PAGE = 0x1c,
  UDPNAT_CS_INVITATION = 0x1d,
  UDPNAT_CS_TICKET = 0x1e,
  /* between servers of a fleet and their clients: udpnat-fleet-message.h */
  UDPNAT_CS_FLEET = 0x31,
  UDPNAT_CS_LOCATED = 0x32,
  UDPNAT_CS_MOVE = 0x33,
  UDPNAT_CS_MAIL_AT = 0x34,
  UDPNAT_CS_MAIL_FETCH = 0x35,
} UdpnatCsMessageType;

/* Code of REFUSED. Read it as guint8: others may be added. */
typedef enum
{
  UDPNAT_REFUSED_NAME_TAKEN = 1,
  UDPNAT_REFUSED_NAME_NOT_ALLOWED = 2,
  UDPNAT_REFUSED_TRY_LATER = 3,
  UDPNAT_REFUSED_FULL = 4,
  UDPNAT_REFUSED_NOT_INVITED = 5,
  UDPNAT_REFUSED_INVITATION_INVALID = 6,
  UDPNAT_REFUSED_NAME_BLOCKED = 7,
  UDPNAT_REFUSED_KEY_BLOCKED = 8, /* what CLOSE (blocked) means to who wants a name */
} UdpnatRefusedCode;

/* Code of LOOKUP-RESULT. */
typedef enum
{
  UDPNAT_LOOKUP_FOUND = 0,
  UDPNAT_LOOKUP_UNKNOWN = 1,
  UDPNAT_LOOKUP_TRY_LATER = 2,
} UdpnatLookupCode;

/* Mode of SUBSCRIBE. */
typedef enum
{
  UDPNAT_SUBSCRIBE_STOP = 0,
  UDPNAT_SUBSCRIBE_ALL = 1, /* the whole list, then changes */
} UdpnatSubscribeMode;

/**
 * UdpnatDirectoryEntry:
 * @key: static key
 * @handle: for RELAY; 0 when offline
 * @presence: a #UdpnatPresence; so 0 when offline
 * @name: owned, valid UTF-8
 */
typedef struct
{
  guint8  key[32];
  guint32 handle;
  guint8  presence;
  char   *name;
} UdpnatDirectoryEntry;

void     udpnat_directory_entry_clear (UdpnatDirectoryEntry       *self);

/* Writers append one whole message. A name must be valid UTF-8 of at most UDPNAT_NAME_MAX_BYTES, as
 * udpnat_name_normalize() gives it. */
void     udpnat_write_register        (GByteArray                 *out,
                                       gboolean                    listed,
                                       const char                 *name);
void     udpnat_write_register_moved  (GByteArray                 *out,
                                       gboolean                    listed,
                                       const char                 *name);
void     udpnat_write_registered      (GByteArray                 *out,
                                       guint32                     handle,
                                       const UdpnatAddress        *observed,
                                       const char                 *name);
void     udpnat_write_refused         (GByteArray                 *out,
                                       guint8                      code,
                                       guint32                     retry_s,
                                       const char                 *name);
void     udpnat_write_unregister      (GByteArray                 *out);
void     udpnat_write_unregistered    (GByteArray                 *out);
void     udpnat_write_lookup          (GByteArray                 *out,
                                       guint32                     request,
                                       const char                 *name);
void     udpnat_write_lookup_result   (GByteArray                 *out,
                                       guint32                     request,
                                       guint8                      code,
                                       const UdpnatDirectoryEntry *entry);
void     udpnat_write_subscribe       (GByteArray                 *out,
                                       guint8                      mode);
guint    udpnat_write_peers           (GByteArray                 *out,
                                       const UdpnatDirectoryEntry *entries,
                                       guint                       n_entries);
void     udpnat_write_list_end        (GByteArray                 *out);
void     udpnat_write_presence        (GByteArray                 *out,
                                       guint8                      presence);
void     udpnat_write_keepalive       (GByteArray                 *out,
                                       guint16                     interval_s);
void     udpnat_write_invitation      (GByteArray                 *out,
                                       const guint8               *code);
void     udpnat_write_ticket          (GByteArray                 *out,
                                       guint32                     life_s,
                                       const guint8               *ticket,
                                       const guint8               *secret);

/* Parts of messages that hold entries. */
void     udpnat_append_directory_entry (GByteArray                *out,
                                       const UdpnatDirectoryEntry *entry);
GArray  *udpnat_read_directory_entries (UdpnatReader              *reader,
                                       guint                       n_entries)
  G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_read_directory_name   (UdpnatReader               *reader)
  G_GNUC_WARN_UNUSED_RESULT;

/* Parsers give FALSE (or NULL) for a message that breaks the protocol or has another type, and
 * then set no output that would have to be freed. A name is valid UTF-8 of at most
 * UDPNAT_NAME_MAX_BYTES; whether it is allowed as a name is for udpnat_name_normalize() to say. */
gboolean udpnat_parse_register        (const UdpnatMessageView    *message,
                                       gboolean                   *out_listed,
                                       char                      **out_name)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_register_is_moved     (const UdpnatMessageView    *message);
gboolean udpnat_parse_registered      (const UdpnatMessageView    *message,
                                       guint32                    *out_handle,
                                       UdpnatAddress              *out_observed,
                                       char                      **out_name)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_refused         (const UdpnatMessageView    *message,
                                       guint8                     *out_code,
                                       guint32                    *out_retry_s,
                                       char                      **out_name)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_unregister      (const UdpnatMessageView    *message)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_unregistered    (const UdpnatMessageView    *message)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_lookup          (const UdpnatMessageView    *message,
                                       guint32                    *out_request,
                                       const char                **out_name,
                                       gsize                      *out_n_name)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_lookup_result   (const UdpnatMessageView    *message,
                                       guint32                    *out_request,
                                       guint8                     *out_code,
                                       UdpnatDirectoryEntry       *out_entry)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_subscribe       (const UdpnatMessageView    *message,
                                       guint8                     *out_mode)
  G_GNUC_WARN_UNUSED_RESULT;
GArray  *udpnat_parse_peers           (const UdpnatMessageView    *message)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_list_end        (const UdpnatMessageView    *message)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_presence        (const UdpnatMessageView    *message,
                                       guint8                     *out_presence)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_keepalive       (const UdpnatMessageView    *message,
                                       guint16                    *out_interval_s)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_invitation      (const UdpnatMessageView    *message,
                                       guint8                     *out_code)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_ticket          (const UdpnatMessageView    *message,
                                       guint32                    *out_life_s,
                                       guint8                     *out_ticket,
                                       guint8                     *out_secret)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
