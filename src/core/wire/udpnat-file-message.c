/* What two peers say about the bytes of files (PROTOCOL.md section 21). Judges nothing but the
 * form: whether an id is known and a number in range is for chat. */

#include "config.h"

#include "udpnat-file-message.h"

#include <string.h>

static gboolean
is_about_hashes (guint8 type)
{
  return type == UDPNAT_FILE_WANT_HASHES || type == UDPNAT_FILE_HASHES;
}

static gboolean
is_about_chunks (guint8 type)
{
  return type == UDPNAT_FILE_WANT || type == UDPNAT_FILE_CHUNK;
}

static gboolean
has_data (guint8 type)
{
  return type == UDPNAT_FILE_CHUNK || type == UDPNAT_FILE_HASHES;
}

static gboolean
has_reason (guint8 type)
{
  return type == UDPNAT_FILE_STOP || type == UDPNAT_FILE_REFUSE;
}

/** udpnat_file_message_is_known: others are skipped */
gboolean
udpnat_file_message_is_known (guint8 type)
{
  return type >= UDPNAT_FILE_WANT && type <= UDPNAT_FILE_GO_ON;
}

/** udpnat_write_file_message: @message: of a known type; of its members those count that the type
 * has */
void
udpnat_write_file_message (GByteArray              *out,
                           const UdpnatFileMessage *message)
{
  gsize mark = udpnat_message_begin (out, message->type);

  udpnat_append_bytes (out, message->id.bytes, sizeof message->id.bytes);
  if (is_about_hashes (message->type) || is_about_chunks (message->type))
    udpnat_append_u32 (out, message->file);
  if (is_about_hashes (message->type))
    udpnat_append_u8 (out, message->level);
  if (is_about_hashes (message->type) || is_about_chunks (message->type))
    udpnat_append_u64 (out, message->first);
  if (message->type == UDPNAT_FILE_WANT)
    udpnat_append_u32 (out, message->n_chunks);
  if (has_reason (message->type))
    udpnat_append_u8 (out, message->reason);
  if (has_data (message->type))
    udpnat_append_bytes (out, message->data, message->n_data);
  udpnat_message_end (out, mark);
}

/** udpnat_parse_file_message: @view: of a known type. Returns: %FALSE when it breaks the protocol
 * */
gboolean
udpnat_parse_file_message (const UdpnatMessageView *view,
                           UdpnatFileMessage       *out_message)
{
  UdpnatReader reader;

  memset (out_message, 0, sizeof *out_message);
  out_message->type = view->type;
  udpnat_reader_init (&reader, view->body, view->n_body);
  udpnat_reader_copy (&reader, out_message->id.bytes, sizeof out_message->id.bytes);
  if (is_about_hashes (view->type) || is_about_chunks (view->type))
    out_message->file = udpnat_reader_u32 (&reader);
  if (is_about_hashes (view->type))
    out_message->level = udpnat_reader_u8 (&reader);
  if (is_about_hashes (view->type) || is_about_chunks (view->type))
    out_message->first = udpnat_reader_u64 (&reader);
  if (view->type == UDPNAT_FILE_WANT)
    out_message->n_chunks = udpnat_reader_u32 (&reader);
  if (has_reason (view->type))
    out_message->reason = udpnat_reader_u8 (&reader);
  if (has_data (view->type))
    {
      out_message->n_data = udpnat_reader_left (&reader);
      out_message->data = udpnat_reader_bytes (&reader, out_message->n_data);
    }
  return !reader.failed && (view->type != UDPNAT_FILE_WANT || out_message->n_chunks > 0);
}
