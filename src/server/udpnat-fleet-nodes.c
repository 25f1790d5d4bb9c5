/* Which servers of the fleet live, where clients reach them, and how many people they have: each
 * says it of itself every two seconds, and whoever has not for seven counts as gone. */

#include "config.h"

#include "udpnat-fleet-directory-private.h"

#include <string.h>

#include "udpnat-clock.h"

#define BEAT_MS 2000
#define ALIVE_S "7"
#define PREFIX "udpnat:node:"

struct _UdpnatFleetNodes
{
  UdpnatFleetDirectory *directory;
  guint                 beat_id;
};

/* One round: asked of each server that is known. */
typedef struct
{
  UdpnatFleetDirectory *directory;
  GArray               *found; /* of UdpnatServerNode; their places are owned */
  guint                 n_left;
  gboolean              is_incomplete;
} Round;

typedef struct
{
  Round          *round;
  UdpnatPublicKey key;
} Part;

static void
clear_node (gpointer data)
{
  g_free ((char *) ((UdpnatServerNode *) data)->place);
}

static int
compare_nodes (gconstpointer a,
               gconstpointer b)
{
  return udpnat_public_key_compare (&((const UdpnatServerNode *) a)->key,
                                    &((const UdpnatServerNode *) b)->key);
}

/* The first is our own. */
static void
note_status (UdpnatFleetStatus *status,
             const GArray      *found)
{
  status->n_nodes = 1;
  for (guint i = 0; i < MIN (found->len, UDPNAT_FLEET_NODES_MAX); i++)
    {
      const UdpnatServerNode *node = &g_array_index (found, UdpnatServerNode, i);
      UdpnatFleetStatusNode *entry = &status->nodes[status->n_nodes++];

      *entry = (UdpnatFleetStatusNode) { .is_draining = node->load == UDPNAT_SERVER_NODE_FULL };
      entry->people = entry->is_draining ? 0 : node->load;
      g_strlcpy (entry->place, node->place, sizeof entry->place);
    }
}

static void
finish_part (Round *self)
{
  UdpnatFleetDirectory *directory = self->directory;

  if (--self->n_left > 0)
    return;
  if (!directory->is_stopped && !self->is_incomplete)
    {
      g_array_sort (self->found, compare_nodes);
      note_status (&directory->status, self->found);
      udpnat_rendezvous_server_set_nodes (directory->server, udpnat_clock_get_now_us (),
                                          (const UdpnatServerNode *) self->found->data,
                                          self->found->len);
      directory->func (directory->user_data);
    }
  g_array_unref (self->found);
  g_free (self);
}

/* "load place". One that does not say so is gone, or goes; nobody is sent there. */
static void
node_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  g_autofree Part *part = user_data;
  const char *text = reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL;
  const char *space = text != NULL ? strchr (text, ' ') : NULL;
  UdpnatServerNode node = { .key = part->key };

  part->round->is_incomplete |= reply == NULL;
  if (space != NULL && strlen (space + 1) > 0 && strlen (space + 1) <= UDPNAT_PLACE_MAX_BYTES
      && g_utf8_validate (space, -1, NULL))
    {
      node.load = (guint) g_ascii_strtoull (text, NULL, 10);
      node.place = g_strdup (space + 1);
      g_array_append_val (part->round->found, node);
    }
  finish_part (part->round);
}

static void
nodes_cb (const UdpnatRedisReply *reply,
          gpointer                user_data)
{
  UdpnatFleetNodes *self = user_data;
  Round *round;

  if (reply == NULL || self->directory->is_stopped)
    return;
  round = g_new0 (Round, 1);
  round->directory = self->directory;
  round->found = g_array_new (FALSE, FALSE, sizeof (UdpnatServerNode));
  g_array_set_clear_func (round->found, clear_node);
  round->n_left = 1;
  for (guint i = 0; i < udpnat_redis_reply_get_count (reply); i++)
    {
      const char *hex = udpnat_redis_reply_get_item (reply, i);
      g_autofree char *word = NULL;
      UdpnatPublicKey key;
      Part *part;

      if (!udpnat_fleet_read_hex (hex, &key) || g_str_equal (hex, self->directory->node))
        continue;
      round->n_left++;
      part = g_new (Part, 1);
      *part = (Part) { round, key };
      word = g_strconcat (PREFIX, hex, NULL);
      udpnat_redis_ask (self->directory->redis, node_cb, part, "GET", word, NULL);
    }
  finish_part (round);
}

/** udpnat_fleet_nodes_beat: we are here; who else is? */
void
udpnat_fleet_nodes_beat (UdpnatFleetNodes *self)
{
  UdpnatFleetDirectory *directory = self->directory;
  g_autofree char *word = g_strconcat (PREFIX, directory->node, NULL);
  g_autofree char *text = NULL;
  UdpnatRendezvousServerStats stats;

  if (!udpnat_redis_is_up (directory->redis) || directory->is_stopped)
    return;
  udpnat_rendezvous_server_get_stats (directory->server, &stats);
  text = g_strdup_printf ("%u %s", udpnat_rendezvous_server_is_draining (directory->server)
                                     ? UDPNAT_SERVER_NODE_FULL : stats.registered,
                          directory->place);
  udpnat_redis_ask (directory->redis, NULL, NULL, "SADD", "udpnat:nodes", directory->node, NULL);
  udpnat_redis_ask (directory->redis, NULL, NULL, "SET", word, text, "EX", ALIVE_S, NULL);
  udpnat_redis_ask (directory->redis, nodes_cb, self, "SMEMBERS", "udpnat:nodes", NULL);
}

/** udpnat_fleet_nodes_leave: we are not here any more, by our own wish */
void
udpnat_fleet_nodes_leave (UdpnatFleetNodes *self)
{
  g_autofree char *word = g_strconcat (PREFIX, self->directory->node, NULL);

  udpnat_redis_ask (self->directory->redis, NULL, NULL, "DEL", word, NULL);
}

static gboolean
beat_cb (gpointer user_data)
{
  udpnat_fleet_nodes_beat (user_data);
  return G_SOURCE_CONTINUE;
}

UdpnatFleetNodes *
udpnat_fleet_nodes_new (UdpnatFleetDirectory *directory)
{
  UdpnatFleetNodes *self = g_new0 (UdpnatFleetNodes, 1);

  self->directory = directory;
  self->beat_id = g_timeout_add (BEAT_MS, beat_cb, self);
  return self;
}

void
udpnat_fleet_nodes_free (UdpnatFleetNodes *self)
{
  if (self == NULL)
    return;
  g_source_remove (self->beat_id);
  g_free (self);
}
