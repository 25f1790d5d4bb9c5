#include "config.h"

#include "udpnat-directory-message.h"

#include "udpnat-limits.h"

/* The directory of a server that is too large to be told as a whole (PROTOCOL.md section 7): pages
 * of it, and presence of those whom a client watches. */

#define KEY_BYTES 32

void
udpnat_list_message_clear (UdpnatListMessage *self)
{
  g_clear_pointer (&self->prefix, g_free);
  g_clear_pointer (&self->after, g_free);
}

/* ---- Writing ---- */

void
udpnat_write_watch (GByteArray               *out,
                    const UdpnatWatchMessage *watch)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_WATCH);

  udpnat_append_u8 (out, watch->flags);
  udpnat_append_bytes (out, watch->keys, (gsize) watch->n_keys * KEY_BYTES);
  udpnat_message_end (out, mark);
}

void
udpnat_write_watched (GByteArray *out,
                      guint8      code,
                      guint32     n_watched)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_WATCHED);

  udpnat_append_u8 (out, code);
  udpnat_append_u32 (out, n_watched);
  udpnat_message_end (out, mark);
}

void
udpnat_write_directory (GByteArray *out,
                        guint8      kind)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_DIRECTORY);

  udpnat_append_u8 (out, kind);
  udpnat_message_end (out, mark);
}

/** udpnat_write_list: @prefix, @after: valid UTF-8 of at most UDPNAT_NAME_MAX_BYTES each */
void
udpnat_write_list (GByteArray *out,
                   guint32     request,
                   guint8      n_max,
                   const char *prefix,
                   const char *after)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_LIST);

  udpnat_append_u32 (out, request);
  udpnat_append_u8 (out, n_max);
  udpnat_append_string (out, prefix);
  udpnat_append_string (out, after);
  udpnat_message_end (out, mark);
}

/** udpnat_write_page: @n_entries: at most UDPNAT_DIRECTORY_PAGE_MAX, which fit into any message */
void
udpnat_write_page (GByteArray                 *out,
                   guint32                     request,
                   guint8                      code,
                   const UdpnatDirectoryEntry *entries,
                   guint                       n_entries)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_PAGE);

  g_assert (n_entries <= UDPNAT_DIRECTORY_PAGE_MAX);
  udpnat_append_u32 (out, request);
  udpnat_append_u8 (out, code);
  udpnat_append_u8 (out, (guint8) n_entries);
  for (guint i = 0; i < n_entries; i++)
    udpnat_append_directory_entry (out, &entries[i]);
  udpnat_message_end (out, mark);
}

/* ---- Reading ---- */

gboolean
udpnat_parse_watch (const UdpnatMessageView *message,
                    UdpnatWatchMessage      *out_watch)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_WATCH);

  out_watch->flags = udpnat_reader_u8 (&reader);
  if (reader.failed || udpnat_reader_left (&reader) % KEY_BYTES != 0)
    return FALSE;
  out_watch->n_keys = (guint) (udpnat_reader_left (&reader) / KEY_BYTES);
  out_watch->keys = udpnat_reader_bytes (&reader, udpnat_reader_left (&reader));
  return TRUE;
}

gboolean
udpnat_parse_watched (const UdpnatMessageView *message,
                      guint8                  *out_code,
                      guint32                 *out_n_watched)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_WATCHED);

  *out_code = udpnat_reader_u8 (&reader);
  *out_n_watched = udpnat_reader_u32 (&reader);
  return udpnat_reader_is_done (&reader);
}

/** udpnat_parse_directory: @out_kind: (out): may be one that we do not know */
gboolean
udpnat_parse_directory (const UdpnatMessageView *message,
                        guint8                  *out_kind)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_DIRECTORY);

  *out_kind = udpnat_reader_u8 (&reader);
  return udpnat_reader_is_done (&reader);
}

gboolean
udpnat_parse_list (const UdpnatMessageView *message,
                   UdpnatListMessage       *out_list)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_LIST);
  g_auto (UdpnatListMessage) list = { 0 };

  list.request = udpnat_reader_u32 (&reader);
  list.n_max = udpnat_reader_u8 (&reader);
  list.prefix = udpnat_read_directory_name (&reader);
  if (list.prefix != NULL)
    list.after = udpnat_read_directory_name (&reader);
  if (!udpnat_reader_is_done (&reader))
    return FALSE;
  *out_list = list;
  list = (UdpnatListMessage) { 0 };
  return TRUE;
}

/** udpnat_parse_page: Returns: as udpnat_read_directory_entries() */
GArray *
udpnat_parse_page (const UdpnatMessageView *message,
                   guint32                 *out_request,
                   guint8                  *out_code)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_PAGE);
  guint        n_entries;

  *out_request = udpnat_reader_u32 (&reader);
  *out_code = udpnat_reader_u8 (&reader);
  n_entries = udpnat_reader_u8 (&reader);
  if (n_entries > UDPNAT_DIRECTORY_PAGE_MAX)
    return NULL;
  return udpnat_read_directory_entries (&reader, n_entries);
}
