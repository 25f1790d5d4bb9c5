#include "config.h"

#include "udpnat-fleet-message.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-reader.h"
#include "udpnat-rendezvous-message.h"

/* What a server that is one of several tells its clients (PROTOCOL.md section 20). Whether a place
 * leads anywhere is for whoever goes there to find out. */

void
udpnat_fleet_node_clear (UdpnatFleetNode *self)
{
  g_clear_pointer (&self->place, g_free);
}

/* ---- Writing ---- */

static void
append_node (GByteArray            *out,
             const UdpnatFleetNode *node)
{
  g_assert (strlen (node->place) <= UDPNAT_PLACE_MAX_BYTES);

  udpnat_append_bytes (out, node->key, sizeof node->key);
  udpnat_append_string (out, node->place);
}

/** udpnat_write_fleet: @n_nodes: at most %UDPNAT_FLEET_NODES_MAX */
void
udpnat_write_fleet (GByteArray            *out,
                    guint16                watch_s,
                    const UdpnatFleetNode *nodes,
                    guint                  n_nodes)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_FLEET);

  g_assert (n_nodes <= UDPNAT_FLEET_NODES_MAX);
  udpnat_append_u16 (out, watch_s);
  udpnat_append_u8 (out, (guint8) n_nodes);
  for (guint i = 0; i < n_nodes; i++)
    append_node (out, &nodes[i]);
  udpnat_message_end (out, mark);
}

/** udpnat_write_located: @key: (array fixed-size=32): of who is registered at @node */
void
udpnat_write_located (GByteArray            *out,
                      const guint8          *key,
                      const UdpnatFleetNode *node)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_LOCATED);

  udpnat_append_bytes (out, key, 32);
  append_node (out, node);
  udpnat_message_end (out, mark);
}

static void
write_node (GByteArray            *out,
            UdpnatCsMessageType    type,
            const UdpnatFleetNode *node)
{
  gsize mark = udpnat_message_begin (out, (guint8) type);

  append_node (out, node);
  udpnat_message_end (out, mark);
}

void
udpnat_write_move (GByteArray            *out,
                   const UdpnatFleetNode *node)
{
  write_node (out, UDPNAT_CS_MOVE, node);
}

void
udpnat_write_mail_at (GByteArray            *out,
                      const UdpnatFleetNode *node)
{
  write_node (out, UDPNAT_CS_MAIL_AT, node);
}

void
udpnat_write_mail_fetch (GByteArray *out)
{
  udpnat_message_end (out, udpnat_message_begin (out, UDPNAT_CS_MAIL_FETCH));
}

/* ---- Reading ---- */

/* Returns: whether there was one; nothing is to be cleared otherwise */
static gboolean
read_node (UdpnatReader    *reader,
           UdpnatFleetNode *out_node)
{
  const guint8 *place;
  gsize n_place;

  out_node->place = NULL;
  udpnat_reader_copy (reader, out_node->key, sizeof out_node->key);
  n_place = udpnat_reader_u16 (reader);
  place = udpnat_reader_bytes (reader, n_place);
  if (reader->failed || n_place == 0 || n_place > UDPNAT_PLACE_MAX_BYTES
      || !g_utf8_validate_len ((const char *) place, n_place, NULL))
    {
      reader->failed = TRUE;
      return FALSE;
    }
  out_node->place = g_strndup ((const char *) place, n_place);
  return TRUE;
}

static gboolean
finish_with_node (UdpnatReader    *reader,
                  UdpnatFleetNode *out_node)
{
  UdpnatFleetNode node;

  if (!read_node (reader, &node))
    return FALSE;
  if (!udpnat_reader_is_done (reader))
    {
      udpnat_fleet_node_clear (&node);
      return FALSE;
    }
  *out_node = node;
  return TRUE;
}

static void
clear_node (gpointer data)
{
  udpnat_fleet_node_clear (data);
}

/**
 * udpnat_parse_fleet:
 *
 * Returns: (transfer full) (nullable) (element-type UdpnatFleetNode): nodes clear themselves
 */
GArray *
udpnat_parse_fleet (const UdpnatMessageView *message,
                    guint16                 *out_watch_s)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_FLEET);
  g_autoptr (GArray) nodes = NULL;
  guint n_nodes;

  *out_watch_s = udpnat_reader_u16 (&reader);
  n_nodes = udpnat_reader_u8 (&reader);
  if (reader.failed || n_nodes > UDPNAT_FLEET_NODES_MAX)
    return NULL;
  nodes = g_array_new (FALSE, FALSE, sizeof (UdpnatFleetNode));
  g_array_set_clear_func (nodes, clear_node);
  for (guint i = 0; i < n_nodes; i++)
    {
      UdpnatFleetNode node;

      if (!read_node (&reader, &node))
        return NULL;
      g_array_append_val (nodes, node);
    }
  return udpnat_reader_is_done (&reader) ? g_steal_pointer (&nodes) : NULL;
}

/** udpnat_parse_located: @out_key: (out) (array fixed-size=32) */
gboolean
udpnat_parse_located (const UdpnatMessageView *message,
                      guint8                  *out_key,
                      UdpnatFleetNode         *out_node)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_LOCATED);

  udpnat_reader_copy (&reader, out_key, 32);
  return finish_with_node (&reader, out_node);
}

gboolean
udpnat_parse_move (const UdpnatMessageView *message,
                   UdpnatFleetNode         *out_node)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_MOVE);

  return finish_with_node (&reader, out_node);
}

gboolean
udpnat_parse_mail_at (const UdpnatMessageView *message,
                      UdpnatFleetNode         *out_node)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_MAIL_AT);

  return finish_with_node (&reader, out_node);
}

gboolean
udpnat_parse_mail_fetch (const UdpnatMessageView *message)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_MAIL_FETCH);

  return udpnat_reader_is_done (&reader);
}
