#pragma once

/* What tests of the client share: a client without a network. What the node would tell is handed in
 * as events. */

#include <glib/gstdio.h>

#include "udpnat-client-private.h"

#define SENT_US G_GINT64_CONSTANT (1790000000000000)

static inline UdpnatPublicKey
make_key (guint8 number)
{
  UdpnatPublicKey key = { { 9, number } };

  return key;
}

static inline UdpnatMessageId
make_id (guint8 number)
{
  UdpnatMessageId id = { { 7, number } };

  return id;
}

static inline void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static inline void
say_to (UdpnatClient *client,
        UdpnatPerson *person,
        const char   *text)
{
  g_autoptr (GError) error = NULL;
  gboolean is_said = udpnat_client_send (client, person, text, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (is_said);
  g_assert_true (udpnat_client_flush (client));
}

/* Somebody says something: an event of the node, freed at once. */
static inline void
hear_from (UdpnatClient *client,
           UdpnatPerson *person,
           UdpnatItem   *item)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_ITEM,
                                                  udpnat_person_get_key (person),
                                                  udpnat_person_get_name (person));

  event->id = item->id;
  event->item = item;
  udpnat_client_receive (client, event);
  udpnat_event_free (&event->base);
  g_assert_true (udpnat_client_flush (client));
}
