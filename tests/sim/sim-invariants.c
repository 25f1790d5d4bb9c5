#include "config.h"

#include "sim-invariants-private.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

/*
 * What must hold. This file knows who says what to whom: order, "delivered", that all of it comes
 * in the end, and what a node claims of its paths. sim-invariants-wire.c reads along on the wire,
 * sim-invariants-state.c counts what is kept, sim-invariants-files.c is about files.
 *
 * It trusts no machine: what is said is known from those who say it, what has come from disks, and
 * what a path is from the network itself.
 */

static const char *const names[SIM_N_INVARIANTS] = {
  [SIM_INVARIANT_NONE] = "none",
  [SIM_INVARIANT_ORDER] = "once-and-in-order",
  [SIM_INVARIANT_DURABLE] = "delivered-is-durable",
  [SIM_INVARIANT_DELIVERED] = "all-delivered-in-the-end",
  [SIM_INVARIANT_PROOF] = "paths-are-proved",
  [SIM_INVARIANT_PLAINTEXT] = "no-plaintext",
  [SIM_INVARIANT_DISCLOSURE] = "no-address-to-strangers",
  [SIM_INVARIANT_AMPLIFICATION] = "no-amplification",
  [SIM_INVARIANT_BOUNDED] = "bounded-state",
  [SIM_INVARIANT_DEADLINE] = "time-makes-progress",
  [SIM_INVARIANT_NAT_TABLE] = "nat-tables-are-spared",
  [SIM_INVARIANT_FILE_CONTENT] = "files-are-what-was-offered",
  [SIM_INVARIANT_FILE_WHOLE] = "files-come-in-the-end",
  [SIM_INVARIANT_FILE_OVER] = "cancelled-files-stay-so",
  [SIM_INVARIANT_FILE_REPEATS] = "little-is-sent-twice",
  [SIM_INVARIANT_FILE_STORM] = "refused-files-are-not-asked-for",
  [SIM_INVARIANT_FILE_ACCESS] = "files-for-whom-they-are",
};

const char *
sim_invariant_to_string (SimInvariant invariant)
{
  return names[invariant];
}

/** sim_invariants_fail: only the first fault counts: others may follow from it */
void
sim_invariants_fail (SimInvariants *self,
                     SimInvariant   invariant,
                     const char    *format,
                     ...)
{
  va_list args;

  if (self->fault.invariant != SIM_INVARIANT_NONE)
    return;
  va_start (args, format);
  self->fault.detail = g_strdup_vprintf (format, args);
  va_end (args);
  self->fault.invariant = invariant;
  self->fault.at_us = sim_world_now (self->world) - SIM_WORLD_START_US;
}

const SimFault *
sim_invariants_get_fault (const SimInvariants *self)
{
  return &self->fault;
}

/* ---- People ---- */

static guint
find_key (const SimInvariants   *self,
          const UdpnatPublicKey *key)
{
  guint i = 0;

  while (i < self->n_people &&
         !udpnat_public_key_equal (sim_peer_get_key (self->people[i].peer), key))
    i++;
  return i;
}

static guint
find_person (const SimInvariants *self,
             const SimPeer       *peer)
{
  guint i = 0;

  while (i < self->n_people && self->people[i].peer != peer)
    i++;
  return i;
}

/* Whether @who accepts @whom now. */
static gboolean
accepts (const SimInvariants *self,
         guint                who,
         guint                whom)
{
  const SimContact *contact = sim_store_find_contact (&self->people[who].peer->store,
                                                      sim_peer_get_key (self->people[whom].peer));

  return contact != NULL && contact->trust == UDPNAT_TRUST_ACCEPTED;
}

static gboolean
is_near (const SimPeer *a,
         const SimPeer *b)
{
  UdpnatAddress one = sim_host_get_public_ip (a->host, UDPNAT_FAMILY_IPV4);
  UdpnatAddress two = sim_host_get_public_ip (b->host, UDPNAT_FAMILY_IPV4);

  return a->has_beacons && b->has_beacons && udpnat_address_equal (&one, &two);
}

/**
 * sim_invariants_may_know:
 *
 * Returns: whether @who may know an address of @whose: has ever been accepted, or they were on one
 *   network, where both are heard
 */
gboolean
sim_invariants_may_know (SimInvariants *self,
                         guint          who,
                         guint          whose)
{
  gboolean *is_accepted = &self->has_accepted[whose][who];
  gboolean *was_near = &self->was_near[MIN (who, whose)][MAX (who, whose)];

  if (!*is_accepted)
    *is_accepted = accepts (self, whose, who);
  if (!*is_accepted && !*was_near)
    *was_near = is_near (self->people[who].peer, self->people[whose].peer);
  return *is_accepted || *was_near;
}

static void
note_address (SimInvariants *self,
              guint          who)
{
  UdpnatAddress ip = sim_host_get_public_ip (self->people[who].peer->host, UDPNAT_FAMILY_IPV4);

  if (!sim_invariants_was_at (self, who, &ip))
    g_array_append_val (self->people[who].ips, ip);
}

/** sim_invariants_was_at: whether @who is, or ever was, behind that public address */
gboolean
sim_invariants_was_at (const SimInvariants *self,
                       guint                who,
                       const UdpnatAddress *ip)
{
  const GArray *ips = self->people[who].ips;

  for (guint i = 0; i < ips->len; i++)
    if (udpnat_address_equal_ip (&g_array_index (ips, UdpnatAddress, i), ip))
      return TRUE;
  return FALSE;
}

/* ---- Talk ---- */

/**
 * sim_invariants_say:
 * @from: runs
 * @n_bytes: of each line
 *
 * Has @from say something that can be told from all else, and is looked for on the wire.
 */
void
sim_invariants_say (SimInvariants *self,
                    SimPeer       *from,
                    SimPeer       *to,
                    guint          n_lines,
                    guint          n_bytes)
{
  guint i = find_person (self, from);
  guint j = find_person (self, to);
  g_autofree char *name = sim_peer_dup_name_for (to, from);

  for (guint k = 0; k < n_lines; k++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      g_string_printf (text, SIM_SECRET " %u>%u %u ", i, j, self->talks[i][j].n_said++);
      while (text->len < n_bytes)
        g_string_append_c (text, 'x');
      self->n_text_bytes += text->len;
      sim_peer_send (from, name, text->str);
    }
}

static gboolean
read_line (const SimInvariants *self,
           const char          *text,
           guint               *out_from,
           guint               *out_to,
           guint               *out_number)
{
  return sscanf (text, SIM_SECRET " %u>%u %u ", out_from, out_to, out_number) == 3 &&
         *out_from < self->n_people && *out_to < self->n_people;
}

static void
note_written (SimInvariants    *self,
              SimWatchedPerson *person)
{
  const GPtrArray *written = person->peer->written;

  for (; person->n_written < written->len; person->n_written++)
    {
      guint from;
      guint to;
      guint number;
      SimTalk *talk;

      if (!read_line (self, g_ptr_array_index (written, person->n_written), &from, &to, &number))
        continue;
      talk = &self->talks[from][to];
      if (talk->written == NULL)
        talk->written = g_array_new (FALSE, FALSE, sizeof (guint));
      g_array_append_val (talk->written, number);
    }
}

/* Whether it is the line whose turn it is. */
static gboolean
take_line (SimTalk *talk,
           guint    number)
{
  if (talk->written == NULL || talk->n_received == talk->written->len ||
      g_array_index (talk->written, guint, talk->n_received) != number)
    return FALSE;
  do
    talk->n_received++;
  while (talk->extra != NULL && talk->n_received < talk->written->len &&
         g_hash_table_remove (talk->extra,
                              GUINT_TO_POINTER (1 + g_array_index (talk->written, guint,
                                                                   talk->n_received))));
  return TRUE;
}

/* Once, whatever the order. */
static gboolean
take_line_early (SimTalk *talk,
                 guint    number)
{
  if (!talk->is_unordered || talk->written == NULL)
    return FALSE;
  for (guint i = talk->n_received; i < talk->written->len; i++)
    if (g_array_index (talk->written, guint, i) == number)
      {
        if (talk->extra == NULL)
          talk->extra = g_hash_table_new (NULL, NULL);
        return g_hash_table_add (talk->extra, GUINT_TO_POINTER (number + 1));
      }
  return FALSE;
}

static void
note_line (SimInvariants *self,
           guint          receiver,
           const char    *text)
{
  guint from;
  guint to;
  guint number;
  SimTalk *talk;

  if (!read_line (self, text, &from, &to, &number))
    {
      sim_invariants_fail (self, SIM_INVARIANT_ORDER, "%s has got what nobody said: %.60s",
                           self->people[receiver].peer->name, text);
      return;
    }
  talk = &self->talks[from][to];
  if (to == receiver && (take_line (talk, number) || take_line_early (talk, number)))
    return;
  sim_invariants_fail (self, SIM_INVARIANT_ORDER,
                       "%s has got line %u of %s, which is to %s; it had %u of them, and %u were "
                       "written", self->people[receiver].peer->name, number,
                       self->people[from].peer->name, self->people[to].peer->name,
                       talk->n_received, talk->written != NULL ? talk->written->len : 0);
}

static void
check_talk (SimInvariants *self)
{
  for (guint i = 0; i < self->n_people; i++)
    note_written (self, &self->people[i]);
  for (guint i = 0; i < self->n_people; i++)
    {
      SimWatchedPerson *person = &self->people[i];
      const GPtrArray *received = person->peer->received;

      for (; person->n_received < received->len; person->n_received++)
        {
          const SimMessage *message = g_ptr_array_index (received, person->n_received);

          note_line (self, i, message->text);
        }
    }
}

/**
 * sim_invariants_note_lost_mail: @server is about to lose its disk
 *
 * What was "stored" there is for the talks that it belongs to a gap: whatever is put into the
 * mailbox later is there before it. It has to come all the same, and once.
 */
void
sim_invariants_note_lost_mail (SimInvariants   *self,
                               const SimServer *server)
{
  for (guint i = 0; i < server->letters->len; i++)
    {
      const SimLetter *letter = g_ptr_array_index (server->letters, i);
      guint to = find_key (self, &letter->recipient);

      for (guint from = 0; to < self->n_people && from < self->n_people; from++)
        self->talks[from][to].is_unordered = TRUE;
    }
}

/* ---- What nodes say ---- */

static void
check_delivered (SimInvariants         *self,
                 const SimPeer         *from,
                 const UdpnatNodeEvent *event)
{
  guint to = find_key (self, &event->key);

  if (to < self->n_people &&
      !sim_store_has_seen (&self->people[to].peer->store, sim_peer_get_key (from), &event->id))
    sim_invariants_fail (self, SIM_INVARIANT_DURABLE,
                         "%s was told that something is delivered to %s, who has not written it",
                         from->name, self->people[to].peer->name);
}

static void
check_path (SimInvariants         *self,
            const SimPeer         *person,
            const UdpnatNodeEvent *event)
{
  guint i = find_person (self, person);
  guint by = find_key (self, &event->key);
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  if (event->kind == UDPNAT_PATH_KIND_RELAY || by == self->n_people ||
      sim_invariants_is_proven (self, i, &event->address, by))
    return;
  sim_invariants_fail (self, SIM_INVARIANT_PROOF, "%s takes %s for a way to %s, which never "
                       "answered there", person->name,
                       udpnat_address_to_string (&event->address, text),
                       self->people[by].peer->name);
}

static void
watch_cb (SimPeer               *peer,
          const UdpnatNodeEvent *event,
          gpointer               user_data)
{
  SimInvariants *self = user_data;

  if (event->base.type == UDPNAT_NODE_EVENT_DELIVERED)
    check_delivered (self, peer, event);
  else if (event->base.type == UDPNAT_NODE_EVENT_PATH)
    check_path (self, peer, event);
  else if (event->base.type == UDPNAT_NODE_EVENT_REGISTERED)
    sim_invariants_note_network (self, peer);
  sim_invariants_watch_files (self, peer, event);
  if (self->listener != NULL)
    self->listener (peer, event, self->listener_data);
}

/* ---- The end ---- */

static gboolean
is_waiting (const SimInvariants *self,
            guint                who)
{
  const SimPeer *peer = self->people[who].peer;

  for (GList *link = peer->store.outbox.head; link != NULL; link = link->next)
    {
      const SimOutgoing *outgoing = link->data;
      guint to = find_key (self, &outgoing->key);

      if (to < self->n_people && accepts (self, to, who))
        return TRUE;
    }
  return FALSE;
}

/** sim_invariants_is_calm: everybody runs, and nothing is left to be done: each line is where it
 * should be, but for those that somebody does not want */
gboolean
sim_invariants_is_calm (SimInvariants *self)
{
  for (guint i = 0; i < self->n_people; i++)
    {
      const SimPeer *peer = self->people[i].peer;

      if (!sim_peer_is_registered ((gpointer) peer) || peer->sends.length > 0 ||
          peer->disk.writes.length > 0 || is_waiting (self, i))
        return FALSE;
    }
  return !sim_invariants_has_files (self);
}

static const char *
describe_waiting (const SimInvariants *self,
                  guint                who)
{
  const SimPeer *peer = self->people[who].peer;

  if (peer->node == NULL)
    return "does not run";
  if (!sim_peer_is_registered ((gpointer) peer))
    return "is not registered";
  if (peer->sends.length > 0)
    return "waits for the server to say who somebody is";
  return is_waiting (self, who) ? "has something in the outbox" : NULL;
}

static void
check_all_delivered (SimInvariants *self)
{
  for (guint i = 0; i < self->n_people; i++)
    for (guint j = 0; j < self->n_people; j++)
      {
        const SimTalk *talk = &self->talks[i][j];

        if (talk->written != NULL && talk->n_received < talk->written->len && accepts (self, j, i))
          sim_invariants_fail (self, SIM_INVARIANT_DELIVERED,
                               "%s has got %u of %u lines of %s, who has receipts for all",
                               self->people[j].peer->name, talk->n_received, talk->written->len,
                               self->people[i].peer->name);
      }
}

/**
 * sim_invariants_check_end:
 * @is_calm: whether sim_invariants_is_calm() came to hold
 */
void
sim_invariants_check_end (SimInvariants *self,
                          gboolean       is_calm)
{
  sim_invariants_check (self);
  for (guint i = 0; !is_calm && i < self->n_people; i++)
    if (describe_waiting (self, i) != NULL)
      sim_invariants_fail (self, SIM_INVARIANT_DELIVERED, "%s %s", self->people[i].peer->name,
                           describe_waiting (self, i));
  check_all_delivered (self);
  sim_invariants_check_files_end (self);
}

/** sim_invariants_check: everything that is not watched all the time */
void
sim_invariants_check (SimInvariants *self)
{
  for (guint i = 0; i < self->n_people; i++)
    note_address (self, i);
  check_talk (self);
  sim_invariants_check_state (self);
}

/* ---- Construction ---- */

SimInvariants *
sim_invariants_new (SimWorld *world)
{
  SimInvariants *self = g_new0 (SimInvariants, 1);

  self->world = world;
  self->servers = g_ptr_array_new ();
  self->nats = g_ptr_array_new ();
  self->numbers = g_hash_table_new (NULL, NULL);
  self->n_heap_bytes = mallinfo2 ().uordblks;
  sim_invariants_watch_wire (self);
  return self;
}

void
sim_invariants_free (SimInvariants *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_people; i++)
    {
      self->people[i].peer->watch = NULL;
      g_array_unref (self->people[i].ips);
    }
  for (guint i = 0; i < SIM_PEOPLE_MAX; i++)
    for (guint j = 0; j < SIM_PEOPLE_MAX; j++)
      {
        g_clear_pointer (&self->talks[i][j].written, g_array_unref);
        g_clear_pointer (&self->talks[i][j].extra, g_hash_table_unref);
      }
  sim_invariants_leave_files (self);
  g_ptr_array_unref (self->servers);
  g_ptr_array_unref (self->nats);
  g_hash_table_unref (self->numbers);
  sim_invariants_leave_wire (self);
  g_free (self->fault.detail);
  g_free (self);
}

void
sim_invariants_add_server (SimInvariants *self,
                           SimServer     *server)
{
  g_ptr_array_add (self->servers, server);
  g_hash_table_insert (self->numbers, server->host,
                       GUINT_TO_POINTER (SIM_PEOPLE_MAX + self->servers->len));
}

void
sim_invariants_add_person (SimInvariants *self,
                           SimPeer       *person)
{
  self->people[self->n_people].ips = g_array_new (FALSE, FALSE, sizeof (UdpnatAddress));
  self->people[self->n_people++].peer = person;
  g_hash_table_insert (self->numbers, person->host, GUINT_TO_POINTER (self->n_people));
  person->watch = watch_cb;
  person->watch_data = self;
  sim_invariants_add_files (self, person);
}

void
sim_invariants_add_nat (SimInvariants *self,
                        SimNat        *nat)
{
  g_ptr_array_add (self->nats, nat);
}

/** sim_invariants_set_listener: is told of what nodes tell, too */
void
sim_invariants_set_listener (SimInvariants *self,
                             SimWatch       listener,
                             gpointer       user_data)
{
  self->listener = listener;
  self->listener_data = user_data;
}

/** sim_invariants_note_network: @person may take its network for a new one, or starts anew: what it
 * has spent on claims of others does not count any more */
void
sim_invariants_note_network (SimInvariants *self,
                             const SimPeer *person)
{
  guint i = find_person (self, person);

  if (i < self->n_people)
    self->people[i].n_networks++;
}

/** sim_invariants_note_alike: private addresses do not tell people apart */
void
sim_invariants_note_alike (SimInvariants *self)
{
  self->are_nets_alike = TRUE;
}

/** sim_invariants_note_corruption: there are lines that change what they carry */
void
sim_invariants_note_corruption (SimInvariants *self)
{
  self->has_corruption = TRUE;
}

/** sim_invariants_note_spoofed: so many sources more have been forged */
void
sim_invariants_note_spoofed (SimInvariants *self,
                             guint          n_sources)
{
  self->n_spoofed += n_sources;
}
