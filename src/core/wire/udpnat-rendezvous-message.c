#include "config.h"

#include "udpnat-rendezvous-message.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

/* Messages between a client and its server (PROTOCOL.md section 7). Names are checked for being
 * UTF-8 of a bounded length here; whether they are allowed is for the registry. */

#define FLAG_LISTED 1
#define FLAG_MOVED 2
#define ENTRY_BYTES (32 + 4 + 1 + 2) /* and the name */

void
udpnat_directory_entry_clear (UdpnatDirectoryEntry *self)
{
  g_clear_pointer (&self->name, g_free);
}

/* ---- Writing ---- */

static void
write_empty (GByteArray          *out,
             UdpnatCsMessageType  type)
{
  udpnat_message_end (out, udpnat_message_begin (out, (guint8) type));
}

/* A longer name would make the receiver give up the session, so it must not get this far. */
static void
append_name (GByteArray *out,
             const char *name)
{
  g_assert (strlen (name) <= UDPNAT_NAME_MAX_BYTES);

  udpnat_append_string (out, name);
}

void
udpnat_append_directory_entry (GByteArray                 *out,
                               const UdpnatDirectoryEntry *entry)
{
  guint8 fixed[ENTRY_BYTES];
  const gsize n_name = strlen (entry->name);
  UdpnatWriter writer;

  g_assert (n_name <= UDPNAT_NAME_MAX_BYTES);
  udpnat_writer_init (&writer, fixed, sizeof fixed);
  udpnat_writer_bytes (&writer, entry->key, sizeof entry->key);
  udpnat_writer_u32 (&writer, entry->handle);
  udpnat_writer_u8 (&writer, entry->presence);
  udpnat_writer_u16 (&writer, (guint16) n_name);
  udpnat_append_bytes (out, fixed, sizeof fixed);
  udpnat_append_bytes (out, (const guint8 *) entry->name, n_name);
}

static void
write_register (GByteArray *out,
                guint8      flags,
                const char *name)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_REGISTER);

  udpnat_append_u8 (out, flags);
  append_name (out, name);
  udpnat_message_end (out, mark);
}

void
udpnat_write_register (GByteArray *out,
                       gboolean    listed,
                       const char *name)
{
  write_register (out, listed ? FLAG_LISTED : 0, name);
}

/** udpnat_write_register_moved: as above, by whom another server has sent here (MOVE) */
void
udpnat_write_register_moved (GByteArray *out,
                             gboolean    listed,
                             const char *name)
{
  write_register (out, FLAG_MOVED | (listed ? FLAG_LISTED : 0), name);
}

void
udpnat_write_registered (GByteArray          *out,
                         guint32              handle,
                         const UdpnatAddress *observed,
                         const char          *name)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_REGISTERED);

  udpnat_append_u32 (out, handle);
  udpnat_append_address (out, observed);
  append_name (out, name);
  udpnat_message_end (out, mark);
}

void
udpnat_write_refused (GByteArray *out,
                      guint8      code,
                      guint32     retry_s,
                      const char *name)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_REFUSED);

  udpnat_append_u8 (out, code);
  udpnat_append_u32 (out, retry_s);
  append_name (out, name);
  udpnat_message_end (out, mark);
}

void
udpnat_write_unregister (GByteArray *out)
{
  write_empty (out, UDPNAT_CS_UNREGISTER);
}

void
udpnat_write_unregistered (GByteArray *out)
{
  write_empty (out, UDPNAT_CS_UNREGISTERED);
}

void
udpnat_write_lookup (GByteArray *out,
                     guint32     request,
                     const char *name)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_LOOKUP);

  udpnat_append_u32 (out, request);
  append_name (out, name);
  udpnat_message_end (out, mark);
}

/** udpnat_write_lookup_result: @entry: (nullable): %NULL unless @code is %UDPNAT_LOOKUP_FOUND */
void
udpnat_write_lookup_result (GByteArray                 *out,
                            guint32                     request,
                            guint8                      code,
                            const UdpnatDirectoryEntry *entry)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_LOOKUP_RESULT);

  udpnat_append_u32 (out, request);
  udpnat_append_u8 (out, code);
  if (code == UDPNAT_LOOKUP_FOUND)
    udpnat_append_directory_entry (out, entry);
  udpnat_message_end (out, mark);
}

void
udpnat_write_subscribe (GByteArray *out,
                        guint8      mode)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_SUBSCRIBE);

  udpnat_append_u8 (out, mode);
  udpnat_message_end (out, mark);
}

/**
 * udpnat_write_peers:
 *
 * Writes as many entries as one message may hold.
 *
 * Returns: how many that were; the rest is for further messages
 */
guint
udpnat_write_peers (GByteArray                 *out,
                    const UdpnatDirectoryEntry *entries,
                    guint                       n_entries)
{
  gsize n_body = 2;
  guint n_fitting = 0;
  gsize mark;

  while (n_fitting < n_entries && n_fitting < G_MAXUINT16)
    {
      gsize n_entry = ENTRY_BYTES + strlen (entries[n_fitting].name);

      if (n_body + n_entry > UDPNAT_MESSAGE_BODY_MAX_BYTES)
        break;
      n_body += n_entry;
      n_fitting++;
    }
  mark = udpnat_message_begin (out, UDPNAT_CS_PEERS);
  udpnat_append_u16 (out, (guint16) n_fitting);
  for (guint i = 0; i < n_fitting; i++)
    udpnat_append_directory_entry (out, &entries[i]);
  udpnat_message_end (out, mark);
  return n_fitting;
}

void
udpnat_write_list_end (GByteArray *out)
{
  write_empty (out, UDPNAT_CS_LIST_END);
}

void
udpnat_write_presence (GByteArray *out,
                       guint8      presence)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_PRESENCE);

  udpnat_append_u8 (out, presence);
  udpnat_message_end (out, mark);
}

void
udpnat_write_keepalive (GByteArray *out,
                        guint16     interval_s)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_KEEPALIVE);

  udpnat_append_u16 (out, interval_s);
  udpnat_message_end (out, mark);
}

/** udpnat_write_invitation: @code: %UDPNAT_INVITATION_BYTES of them */
void
udpnat_write_invitation (GByteArray   *out,
                         const guint8 *code)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_INVITATION);

  udpnat_append_bytes (out, code, UDPNAT_INVITATION_BYTES);
  udpnat_message_end (out, mark);
}

/**
 * udpnat_write_ticket:
 * @life_s: for how long it may be used
 * @ticket: %UDPNAT_TICKET_BYTES of it
 * @secret: %UDPNAT_TICKET_SECRET_BYTES that go with it
 */
void
udpnat_write_ticket (GByteArray   *out,
                     guint32       life_s,
                     const guint8 *ticket,
                     const guint8 *secret)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_TICKET);

  udpnat_append_u32 (out, life_s);
  udpnat_append_bytes (out, ticket, UDPNAT_TICKET_BYTES);
  udpnat_append_bytes (out, secret, UDPNAT_TICKET_SECRET_BYTES);
  udpnat_message_end (out, mark);
}

/* ---- Reading ---- */

/* Returns: (nullable) (array length=out_n_name): lent; %NULL also fails the reader */
static const char *
peek_name (UdpnatReader *reader,
           gsize        *out_n_name)
{
  gsize n_name = udpnat_reader_u16 (reader);
  const guint8 *name = udpnat_reader_bytes (reader, n_name);

  if (reader->failed || n_name > UDPNAT_NAME_MAX_BYTES
      || !g_utf8_validate_len ((const char *) name, n_name, NULL))
    {
      reader->failed = TRUE;
      return NULL;
    }
  *out_n_name = n_name;
  return (const char *) name;
}

/** udpnat_read_directory_name: Returns: (transfer full) (nullable): %NULL also fails the reader */
char *
udpnat_read_directory_name (UdpnatReader *reader)
{
  gsize n_name;
  const char *name = peek_name (reader, &n_name);

  return name != NULL ? g_strndup (name, n_name) : NULL;
}

/* Takes the name at the end of a message; gives it only when the whole message was right. */
static gboolean
finish_with_name (UdpnatReader *reader,
                  char        **out_name)
{
  g_autofree char *name = udpnat_read_directory_name (reader);

  if (!udpnat_reader_is_done (reader))
    return FALSE;
  *out_name = g_steal_pointer (&name);
  return TRUE;
}

/* A later version may tell more kinds of being there. */
static guint8
read_presence (UdpnatReader *reader)
{
  guint8 presence = udpnat_reader_u8 (reader);

  return presence <= UDPNAT_PRESENCE_AWAY ? presence : UDPNAT_PRESENCE_ONLINE;
}

/* To be cleared when it could be read */
static gboolean
read_entry (UdpnatReader         *reader,
            UdpnatDirectoryEntry *out_entry)
{
  udpnat_reader_copy (reader, out_entry->key, sizeof out_entry->key);
  out_entry->handle = udpnat_reader_u32 (reader);
  out_entry->presence = read_presence (reader);
  out_entry->name = udpnat_read_directory_name (reader);
  return out_entry->name != NULL;
}

static gboolean
parse_empty (const UdpnatMessageView *message,
             UdpnatCsMessageType      type)
{
  UdpnatReader reader = udpnat_message_read (message, type);

  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_parse_register (const UdpnatMessageView *message,
                       gboolean                *out_listed,
                       char                   **out_name)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_REGISTER);

  *out_listed = (udpnat_reader_u8 (&reader) & FLAG_LISTED) != 0;
  return finish_with_name (&reader, out_name);
}

/** udpnat_register_is_moved: whether @message, a REGISTER, is of somebody sent here by MOVE */
gboolean
udpnat_register_is_moved (const UdpnatMessageView *message)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_REGISTER);

  return (udpnat_reader_u8 (&reader) & FLAG_MOVED) != 0;
}

gboolean
udpnat_parse_registered (const UdpnatMessageView *message,
                         guint32                 *out_handle,
                         UdpnatAddress           *out_observed,
                         char                   **out_name)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_REGISTERED);

  *out_handle = udpnat_reader_u32 (&reader);
  udpnat_reader_address (&reader, out_observed);
  return finish_with_name (&reader, out_name);
}

gboolean
udpnat_parse_refused (const UdpnatMessageView *message,
                      guint8                  *out_code,
                      guint32                 *out_retry_s,
                      char                   **out_name)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_REFUSED);

  *out_code = udpnat_reader_u8 (&reader);
  *out_retry_s = udpnat_reader_u32 (&reader);
  return finish_with_name (&reader, out_name);
}

gboolean
udpnat_parse_unregister (const UdpnatMessageView *message)
{
  return parse_empty (message, UDPNAT_CS_UNREGISTER);
}

gboolean
udpnat_parse_unregistered (const UdpnatMessageView *message)
{
  return parse_empty (message, UDPNAT_CS_UNREGISTERED);
}

/** udpnat_parse_lookup: @out_name: (out): lent, valid UTF-8 without a final zero */
gboolean
udpnat_parse_lookup (const UdpnatMessageView *message,
                     guint32                 *out_request,
                     const char             **out_name,
                     gsize                   *out_n_name)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_LOOKUP);

  *out_request = udpnat_reader_u32 (&reader);
  *out_name = peek_name (&reader, out_n_name);
  return udpnat_reader_is_done (&reader);
}

/**
 * udpnat_parse_lookup_result:
 * @out_entry: (out): set only when @out_code is %UDPNAT_LOOKUP_FOUND; clear it then
 */
gboolean
udpnat_parse_lookup_result (const UdpnatMessageView *message,
                            guint32                 *out_request,
                            guint8                  *out_code,
                            UdpnatDirectoryEntry    *out_entry)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_LOOKUP_RESULT);
  UdpnatDirectoryEntry entry = { 0 };

  *out_request = udpnat_reader_u32 (&reader);
  *out_code = udpnat_reader_u8 (&reader);
  if (*out_code != UDPNAT_LOOKUP_FOUND)
    return udpnat_reader_is_done (&reader);
  if (reader.failed || !read_entry (&reader, &entry) || !udpnat_reader_is_done (&reader))
    {
      udpnat_directory_entry_clear (&entry);
      return FALSE;
    }
  *out_entry = entry;
  return TRUE;
}

gboolean
udpnat_parse_subscribe (const UdpnatMessageView *message,
                        guint8                  *out_mode)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_SUBSCRIBE);

  *out_mode = udpnat_reader_u8 (&reader);
  return udpnat_reader_is_done (&reader);
}

static void
clear_entry (gpointer data)
{
  udpnat_directory_entry_clear (data);
}

/**
 * udpnat_read_directory_entries:
 *
 * The last @n_entries of a message. What it allocates grows with the entries that are there, never
 * with the count that is announced.
 *
 * Returns: (transfer full) (nullable) (element-type UdpnatDirectoryEntry): they clear themselves;
 *   %NULL when the message is not right
 */
GArray *
udpnat_read_directory_entries (UdpnatReader *reader,
                               guint         n_entries)
{
  g_autoptr (GArray) entries = NULL;

  if (reader->failed)
    return NULL;
  entries = g_array_new (FALSE, FALSE, sizeof (UdpnatDirectoryEntry));
  g_array_set_clear_func (entries, clear_entry);
  for (guint i = 0; i < n_entries; i++)
    {
      UdpnatDirectoryEntry entry = { 0 };

      if (!read_entry (reader, &entry))
        return NULL;
      g_array_append_val (entries, entry);
    }
  return udpnat_reader_is_done (reader) ? g_steal_pointer (&entries) : NULL;
}

/** udpnat_parse_peers: Returns: as udpnat_read_directory_entries() */
GArray *
udpnat_parse_peers (const UdpnatMessageView *message)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_PEERS);
  guint        n_entries = udpnat_reader_u16 (&reader);

  return udpnat_read_directory_entries (&reader, n_entries);
}

gboolean
udpnat_parse_list_end (const UdpnatMessageView *message)
{
  return parse_empty (message, UDPNAT_CS_LIST_END);
}

/** udpnat_parse_presence: @out_presence: (out): may be one that we do not know */
gboolean
udpnat_parse_presence (const UdpnatMessageView *message,
                       guint8                  *out_presence)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_PRESENCE);

  *out_presence = udpnat_reader_u8 (&reader);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_parse_keepalive: @out_interval_s: (out): as it was written, in bounds or not */
gboolean
udpnat_parse_keepalive (const UdpnatMessageView *message,
                        guint16                 *out_interval_s)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_KEEPALIVE);

  *out_interval_s = udpnat_reader_u16 (&reader);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_parse_invitation: @out_code: (out): %UDPNAT_INVITATION_BYTES of them */
gboolean
udpnat_parse_invitation (const UdpnatMessageView *message,
                         guint8                  *out_code)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_INVITATION);

  udpnat_reader_copy (&reader, out_code, UDPNAT_INVITATION_BYTES);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_parse_ticket: outputs as udpnat_write_ticket() takes them; wipe @out_secret */
gboolean
udpnat_parse_ticket (const UdpnatMessageView *message,
                     guint32                 *out_life_s,
                     guint8                  *out_ticket,
                     guint8                  *out_secret)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_TICKET);

  *out_life_s = udpnat_reader_u32 (&reader);
  udpnat_reader_copy (&reader, out_ticket, UDPNAT_TICKET_BYTES);
  udpnat_reader_copy (&reader, out_secret, UDPNAT_TICKET_SECRET_BYTES);
  return udpnat_reader_is_done (&reader);
}
