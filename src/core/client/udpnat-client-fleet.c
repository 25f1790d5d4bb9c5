/* Servers that do as well as the one that is chosen: those that the user has named besides it, and
 * those of its fleet, which each of them tells us (PROTOCOL.md section 20) and the profile
 * remembers. When none of its addresses answers, or it sends us away, we go to the next. For people
 * nothing changes with that: the server of the user's choice goes on to be called so. */

#include "config.h"

#include "udpnat-client-private.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-server-address.h"

/* Settings, with the server behind. */
#define NODES "nodes:"
#define KEYS "fleet-keys:"

/* ---- Where we go ---- */

const char *
udpnat_client_get_target_host (UdpnatClient *self)
{
  return self->fleet.host != NULL ? self->fleet.host : self->server_host;
}

guint16
udpnat_client_get_target_port (UdpnatClient *self)
{
  return self->fleet.host != NULL ? self->fleet.port : self->server_port;
}

/** udpnat_client_dup_target: (transfer full) (nullable): "host:port", as keys of servers are kept
 * by */
char *
udpnat_client_dup_target (UdpnatClient *self)
{
  return self->fleet.host != NULL ? udpnat_server_address_format (self->fleet.host,
                                                                  self->fleet.port)
                                  : g_strdup (self->server);
}

/** udpnat_client_get_target_key: Returns: %FALSE when it may have any, since it is met for the
 * first time */
gboolean
udpnat_client_get_target_key (UdpnatClient    *self,
                              UdpnatPublicKey *out_key)
{
  g_autofree char *target = udpnat_client_dup_target (self);

  *out_key = self->fleet.key;
  return self->fleet.has_key || udpnat_store_get_server_key (self->store, target, out_key);
}

static void
forget_target (UdpnatClientFleet *fleet)
{
  g_clear_pointer (&fleet->host, g_free);
  fleet->has_key = fleet->is_moved = FALSE;
}

/* Returns: %FALSE when @place is no address */
static gboolean
set_target (UdpnatClient          *self,
            const char            *place,
            const UdpnatPublicKey *key)
{
  g_autoptr (GSocketConnectable) address = g_network_address_parse (place, UDPNAT_SERVER_PORT,
                                                                    NULL);

  if (address == NULL)
    return FALSE;
  forget_target (&self->fleet);
  self->fleet.host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  self->fleet.port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
  if (key != NULL)
    {
      self->fleet.key = *key;
      self->fleet.has_key = TRUE;
    }
  return TRUE;
}

/* ---- Which there are ---- */

/* Returns: (transfer full) (element-type utf8): the lines of a setting of this server */
static GPtrArray *
load_lines (UdpnatClient *self,
            const char   *what)
{
  g_autofree char *name = g_strconcat (what, self->server, NULL);
  g_autofree char *text = udpnat_store_dup_setting (self->store, name);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", UDPNAT_FLEET_NODES_MAX);
  GPtrArray *loaded = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (loaded, g_strdup (lines[i]));
  return loaded;
}

static void
store_lines (UdpnatClient *self,
             const char   *what,
             GPtrArray    *lines)
{
  g_autofree char *name = g_strconcat (what, self->server, NULL);
  g_autofree char *text = NULL;

  g_ptr_array_add (lines, NULL);
  text = g_strjoinv ("\n", (char **) lines->pdata);
  g_ptr_array_set_size (lines, (int) lines->len - 1);
  udpnat_store_set_setting (self->store, name, text);
}

/* @node: "key host:port" */
static gboolean
read_node (const char      *node,
           UdpnatPublicKey *out_key,
           const char     **out_place)
{
  const char *space = strchr (node, ' ');
  g_autofree char *key = space != NULL ? g_strndup (node, (gsize) (space - node)) : NULL;

  if (key == NULL || !udpnat_public_key_parse (out_key, key))
    return FALSE;
  *out_place = space + 1;
  return TRUE;
}

/** udpnat_client_load_fleet: another server is chosen: what is known of the others beside it */
void
udpnat_client_load_fleet (UdpnatClient *self)
{
  forget_target (&self->fleet);
  g_clear_pointer (&self->fleet.nodes, g_ptr_array_unref);
  g_clear_pointer (&self->fleet.keys, g_ptr_array_unref);
  self->fleet.nodes = load_lines (self, NODES);
  self->fleet.keys = load_lines (self, KEYS);
  udpnat_client_note_arrival (self);
}

void
udpnat_client_clear_fleet (UdpnatClient *self)
{
  forget_target (&self->fleet);
  g_clear_pointer (&self->fleet.nodes, g_ptr_array_unref);
  g_clear_pointer (&self->fleet.keys, g_ptr_array_unref);
  g_clear_pointer (&self->fleet.others, g_ptr_array_unref);
}

/**
 * udpnat_client_set_other_servers:
 * @servers: (nullable): "host" or "host:port", with commas between them: to be gone to when the
 *   server does not answer that is set after this. Each is known by its own key
 */
void
udpnat_client_set_other_servers (UdpnatClient *self,
                                 const char   *servers)
{
  g_auto (GStrv) places = g_strsplit (servers != NULL ? servers : "", ",", UDPNAT_FLEET_NODES_MAX);

  g_clear_pointer (&self->fleet.others, g_ptr_array_unref);
  self->fleet.others = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; places[i] != NULL; i++)
    if (*places[i] != '\0')
      g_ptr_array_add (self->fleet.others, g_strdup (places[i]));
}

static gboolean
find_key (UdpnatClient          *self,
          const UdpnatPublicKey *key,
          guint                 *out_index)
{
  char text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (key, text);
  return self->fleet.keys != NULL
         && g_ptr_array_find_with_equal_func (self->fleet.keys, text, g_str_equal, out_index);
}

/* One that is down is not told of, and is no stranger when it is back. */
static void
remember_key (UdpnatClient          *self,
              const UdpnatPublicKey *key)
{
  GPtrArray *keys = self->fleet.keys;
  char text[UDPNAT_KEY_TEXT_BYTES];
  guint index;

  if (find_key (self, key, &index))
    {
      if (index + 1 == keys->len)
        return;
      g_ptr_array_remove_index (keys, index);
    }
  else if (keys->len >= UDPNAT_FLEET_NODES_MAX)
    g_ptr_array_remove_index (keys, 0);
  g_ptr_array_add (keys, g_strdup (udpnat_public_key_to_string (key, text)));
  store_lines (self, KEYS, keys);
}

/** udpnat_client_forget_fleet_keys: whoever answers by the name of the server that is chosen is
 * looked at anew */
void
udpnat_client_forget_fleet_keys (UdpnatClient *self)
{
  if (self->server == NULL || self->fleet.keys == NULL)
    return;
  g_ptr_array_set_size (self->fleet.keys, 0);
  store_lines (self, KEYS, self->fleet.keys);
}

/** udpnat_client_handle_server_node: our server tells of another one; it does so of all */
void
udpnat_client_handle_server_node (UdpnatClient          *self,
                                  const UdpnatNodeEvent *event)
{
  UdpnatPublicKey own;
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  if (self->server == NULL || self->fleet.nodes == NULL)
    return;
  if (event->name == NULL)
    {
      g_ptr_array_set_size (self->fleet.nodes, 0);
      if (udpnat_client_get_target_key (self, &own))
        remember_key (self, &own);
      return;
    }
  if (self->fleet.nodes->len >= UDPNAT_FLEET_NODES_MAX || strchr (event->name, '\n') != NULL)
    return;
  udpnat_public_key_to_string (&event->key, key_text);
  g_ptr_array_add (self->fleet.nodes, g_strdup_printf ("%s %s", key_text, event->name));
  store_lines (self, NODES, self->fleet.nodes);
  remember_key (self, &event->key);
}

/* ---- To the next ---- */

/** udpnat_client_note_arrival: this one takes us */
void
udpnat_client_note_arrival (UdpnatClient *self)
{
  self->fleet.n_tried = 0;
  self->fleet.is_silence_told = self->fleet.has_wrong_key = FALSE;
}

static guint
count_others (UdpnatClient *self)
{
  return (self->fleet.others != NULL ? self->fleet.others->len : 0) +
         (self->fleet.nodes != NULL ? self->fleet.nodes->len : 0);
}

/* @i: 0 for the chosen one */
static gboolean
set_nth_target (UdpnatClient *self,
                guint         i)
{
  guint n_named = self->fleet.others != NULL ? self->fleet.others->len : 0;
  const char *place;
  UdpnatPublicKey key;

  if (i == 0)
    {
      forget_target (&self->fleet);
      return TRUE;
    }
  if (i <= n_named)
    return set_target (self, g_ptr_array_index (self->fleet.others, i - 1), NULL);
  return read_node (g_ptr_array_index (self->fleet.nodes, i - 1 - n_named), &key, &place) &&
         set_target (self, place, &key);
}

/* Where it stands among all that there are; 0 when it is none of them any more. */
static guint
find_target (UdpnatClient *self)
{
  g_autofree char *target = udpnat_client_dup_target (self);
  guint n_others = count_others (self);
  UdpnatClientFleet saved = self->fleet;
  guint found = 0;

  self->fleet.host = NULL;
  for (guint i = 1; i <= n_others && found == 0; i++)
    {
      g_autofree char *other = set_nth_target (self, i) ? udpnat_client_dup_target (self) : NULL;

      if (g_strcmp0 (other, target) == 0)
        found = i;
    }
  forget_target (&self->fleet);
  self->fleet = saved;
  return found;
}

static void
go_to_next (UdpnatClient *self,
            guint         n_others)
{
  guint at = find_target (self);

  do
    at = (at + 1) % (n_others + 1);
  while (!set_nth_target (self, at));
  udpnat_client_go_to_server (self);
}

/**
 * udpnat_client_try_next_server:
 *
 * The server does not answer: next is another of its addresses, then another server. Whoever waits
 * is told of that only when none of all does, and once.
 *
 * Returns: whether there is nothing to tell: we are on the way to another
 */
gboolean
udpnat_client_try_next_server (UdpnatClient *self)
{
  guint n_others = count_others (self);
  gboolean is_last;

  if (self->server == NULL)
    return FALSE;
  if (udpnat_client_try_next_address (self))
    return TRUE;
  if (self->fleet.has_wrong_key)
    {
      self->fleet.has_wrong_key = FALSE;
      udpnat_client_tell_server_changed (self, &self->fleet.wrong_key);
      return TRUE;
    }
  if (n_others == 0 && udpnat_client_count_addresses (self) < 2)
    return FALSE; /* it is asked again and again where it is */
  is_last = self->fleet.n_tried >= n_others;
  self->fleet.n_tried = is_last ? 0 : self->fleet.n_tried + 1;
  is_last &= !self->fleet.is_silence_told;
  self->fleet.is_silence_told |= is_last;
  if (n_others == 0)
    udpnat_client_begin_addresses (self);
  else
    go_to_next (self, n_others);
  return !is_last;
}

/** udpnat_client_handle_server_moved: our server sends us to another one */
void
udpnat_client_handle_server_moved (UdpnatClient          *self,
                                   const UdpnatNodeEvent *event)
{
  if (self->server == NULL || !set_target (self, event->name, &event->key))
    return;
  self->fleet.is_moved = TRUE;
  udpnat_client_go_to_server (self);
}

/**
 * udpnat_client_take_fleet_key:
 * @key: that the server has, and not the one that was expected
 *
 * By one name sometimes one, sometimes another of a fleet may be reached. One whose key we were
 * told by the one before is as good. And one that we only tried may be another's meanwhile: that is
 * told when no other answers by this name either.
 *
 * Returns: whether that is no reason to worry, and we are on the way
 */
gboolean
udpnat_client_take_fleet_key (UdpnatClient          *self,
                              const UdpnatPublicKey *key)
{
  if (self->server != NULL && find_key (self, key, NULL))
    {
      self->fleet.key = *key;
      if (self->fleet.host == NULL)
        {
          self->fleet.host = g_strdup (self->server_host);
          self->fleet.port = self->server_port;
        }
      self->fleet.has_key = TRUE;
      udpnat_client_greet_again (self);
      return TRUE;
    }
  if (udpnat_client_try_next_address (self))
    {
      self->fleet.wrong_key = *key;
      self->fleet.has_wrong_key = TRUE;
      return TRUE;
    }
  return self->fleet.host != NULL && udpnat_client_try_next_server (self);
}
