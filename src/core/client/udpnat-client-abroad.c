/* People at other servers: where these servers are, what of them is remembered, and what such
 * people are told of where we are. The node says when it wants to go there. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-node-abroad.h"
#include "udpnat-person-address.h"
#include "udpnat-server-address.h"

/* ---- Where they are ---- */

/* Returns: (transfer full) (nullable): "host:port", as keys of servers are kept by */
static char *
dup_server (const char *place,
            char      **out_host,
            guint16    *out_port)
{
  g_autoptr (GSocketConnectable) address = g_network_address_parse (place, UDPNAT_SERVER_PORT,
                                                                    NULL);
  GNetworkAddress *network;

  if (address == NULL)
    return NULL;
  network = G_NETWORK_ADDRESS (address);
  *out_host = g_strdup (g_network_address_get_hostname (network));
  *out_port = g_network_address_get_port (network);
  return udpnat_server_address_format (*out_host, *out_port);
}

static void
answer (UdpnatClient        *self,
        const char          *place,
        const UdpnatAddress *found)
{
  g_autofree char *host = NULL;
  guint16 port = 0;
  g_autofree char *server = dup_server (place, &host, &port);
  UdpnatAddress address = UDPNAT_ADDRESS_NONE;
  UdpnatPublicKey key;
  gboolean is_pinned = server != NULL && udpnat_store_get_server_key (self->store, server, &key);

  if (found != NULL && !udpnat_nat64_extract (&self->nat64, found, &address))
    address = *found;
  udpnat_node_set_abroad_server (self->node, udpnat_clock_get_now_us (), place,
                                 found != NULL ? &address : NULL, is_pinned ? &key : NULL);
  udpnat_client_wake (self);
}

typedef struct
{
  UdpnatClient *client; /* owned */
  char         *place;
  guint16       port;
} Question;

static void
question_free (Question *question)
{
  g_object_unref (question->client);
  g_free (question->place);
  g_free (question);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Question, question_free)

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (Question) question = user_data;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  UdpnatClient *self = question->client;
  UdpnatAddress address;

  if (self->node != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    answer (self, question->place,
            found != NULL && udpnat_client_pick_address (self, found, question->port, &address)
              ? &address : NULL);
  g_resolver_free_addresses (found);
}

/** udpnat_client_handle_abroad_wanted: the node wants to go to a server */
void
udpnat_client_handle_abroad_wanted (UdpnatClient          *self,
                                    const UdpnatNodeEvent *event)
{
  g_autofree char *host = NULL;
  guint16 port = 0;
  g_autofree char *server = dup_server (event->name, &host, &port);
  UdpnatAddress address;
  Question *question;

  if (server == NULL)
    {
      answer (self, event->name, NULL);
      return;
    }
  if (udpnat_address_parse_ip (&address, host, port))
    {
      answer (self, event->name, &address);
      return;
    }
  question = g_new0 (Question, 1);
  question->client = g_object_ref (self);
  question->place = g_strdup (event->name);
  question->port = port;
  g_resolver_lookup_by_name_async (g_resolver_get_default (), host, self->abroad_cancellable,
                                   resolved_cb, question);
}

/** udpnat_client_handle_abroad_key: one of these servers was met for the first time */
void
udpnat_client_handle_abroad_key (UdpnatClient          *self,
                                 const UdpnatNodeEvent *event)
{
  g_autofree char *host = NULL;
  guint16 port = 0;
  g_autofree char *server = dup_server (event->name, &host, &port);

  if (server != NULL)
    udpnat_store_set_server_key (self->store, server, &event->key);
}

/* @code: (nullable): why what is said to the people at @place waits */
static void
tell_people_of (UdpnatClient *self,
                const char   *place,
                const char   *code)
{
  GListModel *people = G_LIST_MODEL (self->people);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (g_strcmp0 (udpnat_person_get_server (person), place) != 0)
        continue;
      udpnat_person_set_wait_reason (person, code);
      if (code != NULL)
        udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_MAIL_REFUSED, person, code);
    }
}

/** udpnat_client_handle_abroad_changed: one of them has another key than before */
void
udpnat_client_handle_abroad_changed (UdpnatClient          *self,
                                     const UdpnatNodeEvent *event)
{
  tell_people_of (self, event->name, "other-server-changed");
}

/**
 * udpnat_client_forget_place_key:
 * @server: "host" or "host:port", somebody else's
 *
 * Whatever key that server has when it is met next is taken for the right one.
 *
 * Returns: %FALSE when @server can be no address
 */
gboolean
udpnat_client_forget_place_key (UdpnatClient *self,
                                const char   *server)
{
  g_autofree char *place = udpnat_place_normalize (server);
  g_autofree char *host = NULL;
  g_autofree char *full = NULL;
  guint16 port;

  if (place == NULL)
    return FALSE;
  full = dup_server (place, &host, &port);
  udpnat_store_forget_server_key (self->store, full);
  tell_people_of (self, place, NULL);
  udpnat_node_forget_abroad_key (self->node, udpnat_clock_get_now_us (), place);
  udpnat_client_wake (self);
  return TRUE;
}

/* ---- Who is where ---- */

/**
 * udpnat_client_note_place:
 * @name: `name@place`, or a name at our own server
 *
 * Remembers where @person is, and has the node go there.
 */
void
udpnat_client_note_place (UdpnatClient *self,
                          UdpnatPerson *person,
                          const char   *name)
{
  const UdpnatContact *contact = udpnat_person_get_contact (person);
  const char *at = strrchr (name, '@');
  const char *place = at != NULL ? at + 1 : NULL;
  UdpnatContact *changed;

  if (g_strcmp0 (contact->server, place) == 0)
    return;
  changed = udpnat_contact_copy (contact);
  g_free (changed->server);
  changed->server = g_strdup (place);
  if (changed->relation != UDPNAT_RELATION_NONE)
    udpnat_store_save_contact (self->store, changed, NULL, NULL);
  udpnat_person_take_contact (person, changed);
  udpnat_node_set_peer_server (self->node, udpnat_clock_get_now_us (),
                               udpnat_person_get_key (person), place, strchr (name, '#') != NULL);
  if (udpnat_person_is_contact (person))
    udpnat_client_tell_address (self, person);
}

/** udpnat_client_restore_place: of @person, as it was kept */
void
udpnat_client_restore_place (UdpnatClient *self,
                             UdpnatPerson *person)
{
  const UdpnatContact *contact = udpnat_person_get_contact (person);

  if (contact->server == NULL)
    return;
  udpnat_node_set_peer_server (self->node, udpnat_clock_get_now_us (), &contact->key,
                               contact->server,
                               contact->name == NULL || strchr (contact->name, '#') != NULL);
}

/* ---- Where we are ---- */

/* Returns: (transfer full) (nullable): %NULL while we have no name */
static char *
dup_own_address (UdpnatClient *self)
{
  g_autofree char *place = NULL;

  if (self->name == NULL)
    return NULL;
  if (self->server == NULL)
    return g_strdup (self->name);
  place = udpnat_place_from_host (self->server_host, self->server_port);
  return g_strdup_printf ("%s@%s", self->name, place);
}

/** udpnat_client_tell_address: tells @person where we are, if they are not there too */
void
udpnat_client_tell_address (UdpnatClient *self,
                            UdpnatPerson *person)
{
  g_autofree char *address = dup_own_address (self);
  UdpnatMessageId id = udpnat_client_make_id ();

  if (address != NULL && udpnat_person_get_contact (person)->server != NULL)
    udpnat_client_put (self, person,
                       udpnat_item_new_address (&id, udpnat_clock_get_wall_us (), address), NULL,
                       0);
}

/** udpnat_client_retell_address: we are at a server now, by a name: whoever is elsewhere must know
 * when that is another one than they were told */
void
udpnat_client_retell_address (UdpnatClient *self)
{
  g_autofree char *address = dup_own_address (self);
  g_autofree char *told = udpnat_store_dup_setting (self->store, "told-address");
  GListModel *people = G_LIST_MODEL (self->people);

  if (g_strcmp0 (address, told) == 0)
    return;
  udpnat_store_set_setting (self->store, "told-address", address);
  for (guint i = 0; told != NULL && i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_is_contact (person))
        udpnat_client_tell_address (self, person);
    }
}

/**
 * udpnat_client_take_address:
 * @item: that @person says; only an ADDRESS counts
 *
 * They are a guest at our server, or have moved. What they say of their name is a claim.
 */
void
udpnat_client_take_address (UdpnatClient     *self,
                            UdpnatPerson     *person,
                            const UdpnatItem *item)
{
  g_autofree char *text = NULL;
  g_autofree char *normal = NULL;
  g_autofree char *name = NULL;
  const char *place = NULL;
  const char *called;

  if (item->type != UDPNAT_ITEM_ADDRESS)
    return;
  text = udpnat_item_dup_text (item);
  normal = udpnat_person_address_normalize (text);
  if (normal == NULL)
    return;
  if (!udpnat_name_split (normal, &name, &place))
    name = g_strdup (normal);
  udpnat_node_claim_address (self->node, udpnat_clock_get_now_us (),
                             udpnat_person_get_key (person), name, place);
  /* At once: what they say next is to be shown by it. */
  called = udpnat_node_get_peer_name (self->node, udpnat_person_get_key (person));
  (void) udpnat_client_ensure_person (self, udpnat_person_get_key (person), called);
  /* Of a contact it has been saved there. Who asks for the first time is to be answered, too. */
  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_NONE)
    udpnat_client_save_contact (self, person,
                                udpnat_contact_copy (udpnat_person_get_contact (person)));
}
