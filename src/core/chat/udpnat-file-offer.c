/* What is offered, as the item FILE has it (PROTOCOL.md sections 9 and 21). */

#include "config.h"

#include "udpnat-file-offer.h"

#include <string.h>

#include "udpnat-file-name.h"
#include "udpnat-limits.h"
#include "udpnat-message.h"
#include "udpnat-reader.h"

UdpnatFileOffer *
udpnat_file_offer_copy (const UdpnatFileOffer *self)
{
  UdpnatFileOffer *copy = g_memdup2 (self, sizeof *self);

  copy->name = g_strdup (self->name);
  copy->content_type = g_strdup (self->content_type);
  if (self->thumbnail != NULL)
    g_bytes_ref (self->thumbnail);
  return copy;
}

void
udpnat_file_offer_free (UdpnatFileOffer *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->content_type);
  g_clear_pointer (&self->thumbnail, g_bytes_unref);
  g_free (self);
}

/** udpnat_item_new_file: @offer: as its description says */
UdpnatItem *
udpnat_item_new_file (const UdpnatMessageId *id,
                      gint64                 sent_us,
                      const UdpnatFileOffer *offer)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  udpnat_append_u8 (body, offer->kind);
  udpnat_append_u64 (body, offer->size);
  udpnat_append_u32 (body, offer->n_files);
  udpnat_append_u64 (body, offer->list_size);
  udpnat_append_bytes (body, offer->root, sizeof offer->root);
  udpnat_append_string (body, offer->name);
  udpnat_append_string (body, offer->content_type);
  udpnat_append_u16 (body, offer->width);
  udpnat_append_u16 (body, offer->height);
  if (offer->thumbnail != NULL)
    udpnat_append_bytes (body, g_bytes_get_data (offer->thumbnail, NULL),
                         g_bytes_get_size (offer->thumbnail));
  return udpnat_item_new (UDPNAT_ITEM_FILE, id, sent_us, body->data, body->len);
}

static gboolean
is_content_type (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return FALSE;
  return strlen (text) <= UDPNAT_CONTENT_TYPE_MAX_BYTES;
}

static char *
read_string (UdpnatReader *reader)
{
  gsize n = udpnat_reader_u16 (reader);
  const guint8 *bytes = udpnat_reader_bytes (reader, n);

  if (bytes != NULL && memchr (bytes, '\0', n) == NULL)
    return g_strndup ((const char *) bytes, n);
  reader->failed = TRUE;
  return NULL;
}

static gboolean
has_sense (const UdpnatFileOffer *self)
{
  if (self->size > UDPNAT_FILE_SIZE_MAX || self->list_size > UDPNAT_FILE_SIZE_MAX)
    return FALSE;
  if (self->kind == UDPNAT_FILE_KIND_FILE)
    return self->n_files == 1 && self->size == self->list_size;
  return self->kind == UDPNAT_FILE_KIND_FOLDER && self->n_files <= UDPNAT_FOLDER_FILES_MAX &&
         self->list_size <= UDPNAT_FOLDER_LIST_MAX_BYTES;
}

/**
 * udpnat_file_offer_parse:
 * @body: (array length=n_body): of a FILE item
 *
 * Returns: (transfer full) (nullable): %NULL when it breaks the protocol
 */
UdpnatFileOffer *
udpnat_file_offer_parse (const guint8 *body,
                         gsize         n_body)
{
  g_autoptr (UdpnatFileOffer) self = g_new0 (UdpnatFileOffer, 1);
  UdpnatReader reader;
  gsize n_left;

  udpnat_reader_init (&reader, body, n_body);
  self->kind = udpnat_reader_u8 (&reader);
  self->size = udpnat_reader_u64 (&reader);
  self->n_files = udpnat_reader_u32 (&reader);
  self->list_size = udpnat_reader_u64 (&reader);
  udpnat_reader_copy (&reader, self->root, sizeof self->root);
  self->name = read_string (&reader);
  self->content_type = read_string (&reader);
  self->width = udpnat_reader_u16 (&reader);
  self->height = udpnat_reader_u16 (&reader);
  n_left = udpnat_reader_left (&reader);
  if (reader.failed || n_left > UDPNAT_THUMBNAIL_MAX_BYTES || !has_sense (self) ||
      !udpnat_file_name_is_valid (self->name, strlen (self->name)) ||
      !is_content_type (self->content_type))
    return NULL;
  if (n_left > 0)
    self->thumbnail = g_bytes_new (udpnat_reader_bytes (&reader, n_left), n_left);
  return g_steal_pointer (&self);
}

/** udpnat_item_dup_offer: Returns: (transfer full) (nullable): of a FILE; %NULL for other types */
UdpnatFileOffer *
udpnat_item_dup_offer (const UdpnatItem *self)
{
  if (self->type != UDPNAT_ITEM_FILE)
    return NULL;
  return udpnat_file_offer_parse (g_bytes_get_data (self->body, NULL),
                                  g_bytes_get_size (self->body));
}

/* ---- Parts ---- */

/** udpnat_item_new_file_part: @part: as its description says */
UdpnatItem *
udpnat_item_new_file_part (const UdpnatMessageId *id,
                           gint64                 sent_us,
                           const UdpnatFilePart  *part)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  udpnat_append_bytes (body, part->target.bytes, sizeof part->target.bytes);
  udpnat_append_u64 (body, part->place);
  udpnat_append_bytes (body, part->data, part->n_data);
  return udpnat_item_new (UDPNAT_ITEM_FILE_PART, id, sent_us, body->data, body->len);
}

/** udpnat_file_part_parse: @out_part: (out) (optional): Returns: %FALSE when it breaks the protocol
 * */
gboolean
udpnat_file_part_parse (const guint8   *body,
                        gsize           n_body,
                        UdpnatFilePart *out_part)
{
  UdpnatFilePart part;
  UdpnatReader reader;

  udpnat_reader_init (&reader, body, n_body);
  udpnat_reader_copy (&reader, part.target.bytes, sizeof part.target.bytes);
  part.place = udpnat_reader_u64 (&reader);
  part.n_data = udpnat_reader_left (&reader);
  part.data = udpnat_reader_bytes (&reader, part.n_data);
  if (reader.failed || part.n_data == 0 || part.n_data > UDPNAT_FILE_PART_BYTES ||
      part.place > UDPNAT_FILE_MAIL_MAX_BYTES - part.n_data)
    return FALSE;
  if (out_part != NULL)
    *out_part = part;
  return TRUE;
}

/** udpnat_item_get_part: Returns: %FALSE for other types */
gboolean
udpnat_item_get_part (const UdpnatItem *self,
                      UdpnatFilePart   *out_part)
{
  return self->type == UDPNAT_ITEM_FILE_PART &&
         udpnat_file_part_parse (g_bytes_get_data (self->body, NULL),
                                 g_bytes_get_size (self->body), out_part);
}

/** udpnat_file_answer_is_final: whether nothing of the offer is fetched after it */
gboolean
udpnat_file_answer_is_final (const char *answer)
{
  return g_str_equal (answer, UDPNAT_FILE_ANSWER_DECLINED) ||
         g_str_equal (answer, UDPNAT_FILE_ANSWER_CANCELLED) ||
         g_str_equal (answer, UDPNAT_FILE_ANSWER_DONE) ||
         g_str_equal (answer, UDPNAT_FILE_ANSWER_CORRUPT);
}
