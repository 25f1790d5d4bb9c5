/* A conversation for programs to read. Its members are a contract: they are described in the man
 * page of udpnat-cli, may become more, and do not change their meaning.
 *
 *     {"format":"udpnat-conversation","version":1,"name":…,"key":…,"messages":[
 *     {"number":1,"id":…,"from":…,"outgoing":false,"time":…,"sent_us":…,"text":…},
 *     …
 *     ]}
 *
 * The text of a message that offers a file is its name, and "file" says the rest: kind ("file" or
 * "folder"), size in bytes, files (how many are in a folder), content_type, width and height of a
 * picture, state ("offered", "accepted", "running", "done", "failed" or "cancelled") with a reason,
 * kept (bytes that have come), and its path on this computer; what is not known is left out.
 *
 * Each message is built and written on its own. */

#include "config.h"

#include "udpnat-export-private.h"

#include <json-glib/json-glib.h>

#define VERSION 1

static void
add_text (JsonBuilder *builder,
          const char  *member,
          const char  *value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value);
}

static void
add_text_if (JsonBuilder *builder,
             const char  *member,
             const char  *value)
{
  if (value != NULL)
    add_text (builder, member, value);
}

static void
add_int (JsonBuilder *builder,
         const char  *member,
         gint64       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

static void
add_true_if (JsonBuilder *builder,
             const char  *member,
             gboolean     value)
{
  if (!value)
    return;
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, TRUE);
}

static void
add_id (JsonBuilder           *builder,
        const char            *member,
        const UdpnatMessageId *id)
{
  char text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  add_text (builder, member, udpnat_message_id_to_string (id, text));
}

static const char *
get_name (const UdpnatExport *self,
          gboolean            is_own)
{
  if (!is_own)
    return self->peer_name;
  return self->own_name != NULL ? self->own_name : "";
}

/* Ends the object, and takes the builder. */
static char *
finish (JsonBuilder *builder,
        gsize       *out_n)
{
  g_autoptr (JsonBuilder) finished = builder;
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, out_n);
}

/** udpnat_export_begin_json: what stands before the first message */
void
udpnat_export_begin_json (const UdpnatExport *self,
                          GString            *out)
{
  JsonBuilder *builder = json_builder_new ();
  g_autofree char *object = NULL;
  char key[UDPNAT_KEY_TEXT_BYTES];
  gsize n;

  json_builder_begin_object (builder);
  add_text (builder, "format", "udpnat-conversation");
  add_int (builder, "version", VERSION);
  add_text_if (builder, "own_name", self->own_name);
  add_text (builder, "name", self->peer_name);
  add_text (builder, "key", udpnat_public_key_to_string (&self->peer_key, key));
  object = finish (builder, &n);
  /* All but the closing brace, which stands at the end of the file. */
  g_string_append_len (out, object, (gssize) n - 1);
  g_string_append (out, ",\"messages\":[");
}

static void
add_quoted (const UdpnatExport *self,
            UdpnatHistoryItem  *line,
            JsonBuilder        *builder)
{
  const UdpnatMessageId *id = udpnat_history_item_get_quoted_id (line);

  if (id == NULL)
    return;
  json_builder_set_member_name (builder, "quoted");
  json_builder_begin_object (builder);
  add_id (builder, "id", id);
  add_text (builder, "from", get_name (self, udpnat_history_item_is_quoted_outgoing (line)));
  add_text_if (builder, "text", udpnat_history_item_get_quoted_text (line));
  json_builder_end_object (builder);
}

static void
add_offer (const UdpnatFileOffer *offer,
           JsonBuilder           *builder)
{
  gboolean is_folder = offer->kind == UDPNAT_FILE_KIND_FOLDER;

  add_text (builder, "kind", is_folder ? "folder" : "file");
  add_int (builder, "size", (gint64) offer->size);
  if (is_folder)
    add_int (builder, "files", offer->n_files);
  if (offer->content_type[0] != '\0')
    add_text (builder, "content_type", offer->content_type);
  if (offer->width == 0 || offer->height == 0)
    return;
  add_int (builder, "width", offer->width);
  add_int (builder, "height", offer->height);
}

static void
add_file (UdpnatHistoryItem *line,
          JsonBuilder       *builder)
{
  const UdpnatStoredTransfer *stored = udpnat_history_item_get_stored_transfer (line);
  g_autofree char *path = NULL;

  if (stored == NULL)
    return;
  if (stored->path != NULL)
    path = g_utf8_make_valid (stored->path, -1);
  json_builder_set_member_name (builder, "file");
  json_builder_begin_object (builder);
  add_offer (stored->offer, builder);
  add_text (builder, "state", udpnat_stored_transfer_get_state_code (stored));
  add_text_if (builder, "reason", stored->reason);
  if (stored->kept > 0)
    add_int (builder, "kept", stored->kept);
  add_text_if (builder, "path", path);
  json_builder_end_object (builder);
}

static void
add_times (UdpnatHistoryItem *line,
           JsonBuilder       *builder)
{
  gint64 shown_us = udpnat_history_item_get_shown_us (line);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (shown_us / G_USEC_PER_SEC);
  g_autofree char *text = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : NULL;

  add_text_if (builder, "time", text);
  add_int (builder, "sent_us", udpnat_history_item_get_sent_us (line));
  if (!udpnat_history_item_is_outgoing (line))
    add_int (builder, "received_us", udpnat_history_item_get_received_us (line));
  if (udpnat_history_item_get_edited_us (line) != 0)
    add_int (builder, "edited_us", udpnat_history_item_get_edited_us (line));
}

static void
add_content (const UdpnatExport *self,
             UdpnatHistoryItem  *line,
             JsonBuilder        *builder)
{
  add_text_if (builder, "text", udpnat_history_item_get_text (line));
  add_true_if (builder, "deleted", udpnat_history_item_is_deleted (line));
  add_true_if (builder, "unsupported", udpnat_history_item_is_unsupported (line));
  add_file (line, builder);
  add_quoted (self, line, builder);
  add_text_if (builder, "my_reaction", udpnat_history_item_get_my_reaction (line));
  add_text_if (builder, "their_reaction", udpnat_history_item_get_their_reaction (line));
}

/**
 * udpnat_export_add_json:
 * @before: (nullable): the line before this one
 */
void
udpnat_export_add_json (const UdpnatExport *self,
                        UdpnatHistoryItem  *line,
                        UdpnatHistoryItem  *before,
                        GString            *out)
{
  gboolean is_outgoing = udpnat_history_item_is_outgoing (line);
  JsonBuilder *builder = json_builder_new ();
  g_autofree char *object = NULL;

  json_builder_begin_object (builder);
  add_int (builder, "number", udpnat_history_item_get_number (line));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  add_text (builder, "from", get_name (self, is_outgoing));
  json_builder_set_member_name (builder, "outgoing");
  json_builder_add_boolean_value (builder, is_outgoing);
  add_times (line, builder);
  add_content (self, line, builder);
  if (is_outgoing)
    {
      add_text (builder, "state",
                udpnat_item_state_to_code (udpnat_history_item_get_state (line)));
      add_text_if (builder, "reason", udpnat_history_item_get_reason (line));
    }
  object = finish (builder, NULL);
  g_string_append (out, before != NULL ? ",\n" : "\n");
  g_string_append (out, object);
}

/** udpnat_export_end_json: what stands after the last message */
void
udpnat_export_end_json (GString *out)
{
  g_string_append (out, "\n]}\n");
}
