#include "config.h"

#include "udpnat-server-fleet-private.h"

#include "udpnat-server-access-private.h"

/* Presence of people whose home is another server of the fleet (PROTOCOL.md section 20): of those
 * whom somebody here watches, and of nobody else. What the directory says is kept here, and asked
 * for anew when the directory tells of a change, and slowly all the time, should one be missed. So
 * many questions go out in a tick and no more, whatever happens.
 *
 * Somebody is online elsewhere when the server lives that is their home, and everybody may know. */

typedef struct
{
  UdpnatPublicKey key;  /* first: it is looked up by it */
  UdpnatPublicKey home;
  char           *name; /* nullable: not known yet */
  gboolean        has_home;
  gboolean        is_shown;
  gboolean        is_online;
  gboolean        was_online; /* and somebody may have been told */
  gboolean        is_due;
  GList           turn;
  GList           due;
} Elsewhere;

struct _UdpnatServerElsewheres
{
  GTree  *people; /* Elsewhere by its key, owned; a tree, since clients choose keys */
  GQueue  turns;  /* of Elsewhere: whoever was asked for longest ago first */
  GQueue  dues;   /* of Elsewhere: to be asked for as soon as may be */
  guint   n_owed; /* turns, in parts of UDPNAT_FLEET_PRESENCE_TURN_TICKS */
  gint64  tick_us;
};

static void
elsewhere_free (gpointer data)
{
  Elsewhere *self = data;

  g_free (self->name);
  g_free (self);
}

UdpnatServerElsewheres *
udpnat_server_elsewheres_new (void)
{
  UdpnatServerElsewheres *self = g_new0 (UdpnatServerElsewheres, 1);

  self->people = g_tree_new_full (udpnat_public_key_compare_data, NULL, NULL, elsewhere_free);
  self->tick_us = UDPNAT_TIME_NEVER;
  return self;
}

void
udpnat_server_elsewheres_free (UdpnatServerElsewheres *self)
{
  g_tree_unref (self->people);
  g_free (self);
}

guint
udpnat_server_elsewheres_count (const UdpnatServerElsewheres *self)
{
  return (guint) g_tree_nnodes (self->people);
}

/* ---- Whom ---- */

static void
set_due (UdpnatServerElsewheres *self,
         Elsewhere              *person)
{
  if (person->is_due)
    return;
  person->is_due = TRUE;
  g_queue_push_tail_link (&self->dues, &person->due);
}

/** udpnat_server_watch_elsewhere: somebody here watches @key */
void
udpnat_server_watch_elsewhere (UdpnatRendezvousServer *self,
                               gint64                  now_us,
                               const UdpnatPublicKey  *key)
{
  UdpnatServerElsewheres *elsewheres;
  Elsewhere *person;

  if (self->fleet == NULL)
    return;
  elsewheres = self->fleet->elsewheres;
  if (g_tree_lookup (elsewheres->people, key) != NULL)
    return;
  person = g_new0 (Elsewhere, 1);
  person->key = *key;
  person->turn.data = person->due.data = person;
  g_tree_insert (elsewheres->people, &person->key, person);
  g_queue_push_tail_link (&elsewheres->turns, &person->turn);
  set_due (elsewheres, person);
  elsewheres->tick_us = udpnat_time_min (elsewheres->tick_us, now_us);
}

/** udpnat_server_unwatch_elsewhere: nobody here does any more */
void
udpnat_server_unwatch_elsewhere (const UdpnatPublicKey *key,
                                 gpointer               user_data)
{
  UdpnatServerElsewheres *self = user_data;
  Elsewhere *person = g_tree_lookup (self->people, key);

  if (person == NULL)
    return;
  g_queue_unlink (&self->turns, &person->turn);
  if (person->is_due)
    g_queue_unlink (&self->dues, &person->due);
  g_tree_remove (self->people, &person->key);
}

/**
 * udpnat_server_fill_elsewhere:
 * @out_entry: lends the name: not to be cleared
 *
 * Returns: %FALSE when there is nothing to tell of @key: it has not been online since somebody here
 * watches it
 */
gboolean
udpnat_server_fill_elsewhere (const UdpnatRendezvousServer *self,
                              const UdpnatPublicKey        *key,
                              UdpnatDirectoryEntry         *out_entry)
{
  const Elsewhere *person = self->fleet != NULL
                              ? g_tree_lookup (self->fleet->elsewheres->people, key)
                              : NULL;

  if (person == NULL || person->name == NULL || !person->was_online
      || udpnat_server_is_blocked (self, key))
    return FALSE;
  *out_entry = (UdpnatDirectoryEntry) {
    .presence = person->is_online ? UDPNAT_PRESENCE_ONLINE : UDPNAT_PRESENCE_OFFLINE,
    .name = person->name,
  };
  memcpy (out_entry->key, key->bytes, sizeof out_entry->key);
  return TRUE;
}

/* ---- What is said of them ---- */

static void
update (UdpnatRendezvousServer *self,
        gint64                  now_us,
        Elsewhere              *person)
{
  gboolean is_online = person->has_home && person->is_shown && person->name != NULL
                       && udpnat_server_fleet_find_node (self->fleet, &person->home) != NULL;

  if (is_online == person->is_online)
    return;
  person->is_online = is_online;
  person->was_online |= is_online;
  udpnat_server_publish_key (self, now_us, &person->key);
}

/** udpnat_rendezvous_server_note_presence: what the directory says of @answer->key, after
 * ASK_PRESENCE; where it does not say, what was known holds */
void
udpnat_rendezvous_server_note_presence (UdpnatRendezvousServer   *self,
                                        gint64                    now_us,
                                        const UdpnatServerAnswer *answer)
{
  Elsewhere *person = g_tree_lookup (self->fleet->elsewheres->people, &answer->key);

  if (person == NULL || answer->result == UDPNAT_SERVER_ANSWER_LATER)
    return;
  if (answer->name != NULL && g_strcmp0 (answer->name, person->name) != 0)
    {
      g_free (person->name);
      person->name = g_strdup (answer->name);
    }
  person->has_home = answer->has_home;
  person->home = answer->home;
  person->is_shown = answer->is_shown;
  update (self, now_us, person);
}

/** udpnat_rendezvous_server_note_changed: where @key is may have changed: it is asked for, if
 * somebody here watches it */
void
udpnat_rendezvous_server_note_changed (UdpnatRendezvousServer *self,
                                       gint64                  now_us,
                                       const UdpnatPublicKey  *key)
{
  UdpnatServerElsewheres *elsewheres = self->fleet->elsewheres;
  Elsewhere *person = g_tree_lookup (elsewheres->people, key);

  if (person == NULL)
    return;
  set_due (elsewheres, person);
  elsewheres->tick_us = udpnat_time_min (elsewheres->tick_us, now_us);
}

typedef struct
{
  UdpnatRendezvousServer *server;
  gint64                  now_us;
} Update;

static gboolean
update_cb (gpointer key,
           gpointer value,
           gpointer user_data)
{
  const Update *all = user_data;

  update (all->server, all->now_us, value);
  return FALSE;
}

/** udpnat_server_note_nodes: other servers live now than before */
void
udpnat_server_note_nodes (UdpnatRendezvousServer *self,
                          gint64                  now_us)
{
  Update all = { self, now_us };

  g_tree_foreach (self->fleet->elsewheres->people, update_cb, &all);
}

/* ---- Time ---- */

/* Who is here is known without asking. */
static void
ask (UdpnatRendezvousServer *self,
     Elsewhere              *person)
{
  UdpnatServerElsewheres *elsewheres = self->fleet->elsewheres;
  const UdpnatServerIdentity *identity = udpnat_server_find_identity (self, &person->key);

  if (person->is_due)
    g_queue_unlink (&elsewheres->dues, &person->due);
  person->is_due = FALSE;
  g_queue_unlink (&elsewheres->turns, &person->turn);
  g_queue_push_tail_link (&elsewheres->turns, &person->turn);
  if (identity == NULL || udpnat_server_identity_get_entry (identity) == NULL)
    udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_ASK_PRESENCE, 0)->key = person->key;
}

gint64
udpnat_server_elsewheres_deadline (const UdpnatServerElsewheres *self)
{
  return self->tick_us;
}

/** udpnat_server_keep_elsewheres: some are asked for, if it is time */
void
udpnat_server_keep_elsewheres (UdpnatRendezvousServer *self,
                               gint64                  now_us)
{
  UdpnatServerElsewheres *elsewheres = self->fleet->elsewheres;
  const guint n_people = udpnat_server_elsewheres_count (elsewheres);
  const guint n_turns_max = UDPNAT_FLEET_PRESENCE_TURNS_PER_TICK;

  if (elsewheres->tick_us > now_us)
    return;
  elsewheres->tick_us = n_people > 0 ? now_us + UDPNAT_FLEET_PRESENCE_TICK_US : UDPNAT_TIME_NEVER;
  if (!self->fleet->is_up)
    return;
  for (guint i = 0; i < UDPNAT_FLEET_PRESENCE_PER_TICK && elsewheres->dues.head != NULL; i++)
    ask (self, elsewheres->dues.head->data);
  elsewheres->n_owed += MIN (n_people, n_turns_max * UDPNAT_FLEET_PRESENCE_TURN_TICKS);
  for (; elsewheres->n_owed >= UDPNAT_FLEET_PRESENCE_TURN_TICKS && n_people > 0;
       elsewheres->n_owed -= UDPNAT_FLEET_PRESENCE_TURN_TICKS)
    ask (self, elsewheres->turns.head->data);
}
