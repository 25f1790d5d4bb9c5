#include "config.h"

#include "sim-crowd.h"

#include <string.h>

#include "udpnat-identity.h"
#include "udpnat-mail-message.h"
#include "udpnat-packet.h"
#include "udpnat-presence.h"
#include "udpnat-rendezvous-client.h"
#include "udpnat-time.h"

/* On an average, at pace 1. */
#define AWAY_US UDPNAT_SEC (300)
#define BETWEEN_US UDPNAT_SEC (30)

/* In a hundred things that somebody does. */
#define LEAVES_PERCENT 8
#define IS_LOST_PERCENT 4
#define CLAIMS_PERCENT 4

#define INNER_BYTES 300
#define LETTER_MAX_BYTES 3000
#define WATCHED 8
#define NAME_BYTES 32

typedef struct
{
  UdpnatMachine           machine; /* first: a person is a machine */
  SimCrowd               *crowd;   /* borrowed */
  UdpnatIdentity         *identity;
  UdpnatRendezvousClient *client; /* NULL: away */
  GQueue                  last;   /* of UdpnatDatagram: of a client that has gone */
  gint64                  timestamp_us; /* of its last handshake */
  gint64                  next_us;      /* when it comes, or does something */
  char                    name[NAME_BYTES];
  guint32                 heard_of; /* handle of somebody; 0: of nobody yet */
} Person;

struct _SimCrowd
{
  SimCrowdConfig    config;
  UdpnatIndexTable *indexes;
  Person           *people;
  guint32           run;       /* no name is from an earlier one */
  gboolean          is_closed; /* nobody comes */
  gint64            now_us;    /* of the call under way */
  guint64           counts[SIM_CROWD_N_COUNTS];
};

static Person *
pick (SimCrowd *self)
{
  return &self->people[udpnat_random_below (&self->config.random, self->config.n_people)];
}

/* From half to one and a half of it. */
static gint64
draw_time (SimCrowd *self,
           gint64    average_us)
{
  return (gint64) ((double) average_us / self->config.pace
                   * (0.5 + udpnat_random_below (&self->config.random, 1000) / 1000.0));
}

static const UdpnatPublicKey *
get_key (const Person *person)
{
  return udpnat_identity_get_public_key (person->identity);
}

/* By which its letters are those of a friend: everybody is everybody's. */
static void
make_pass (const Person *recipient,
           guint8        out[UDPNAT_MAIL_PASS_BYTES])
{
  memcpy (out, get_key (recipient)->bytes, UDPNAT_MAIL_PASS_BYTES);
}

/* ---- What they do ---- */

static void
come (SimCrowd *self,
      Person   *person)
{
  const UdpnatRendezvousClientConfig config = {
    .identity = person->identity,
    .indexes = self->indexes,
    .random = self->config.random,
  };
  UdpnatPublicKey watched[WATCHED];
  guint8 pass[UDPNAT_MAIL_PASS_BYTES];
  UdpnatRendezvousClient *client = udpnat_rendezvous_client_new (&config, self->now_us);

  make_pass (person, pass);
  for (guint i = 0; i < WATCHED; i++)
    watched[i] = *get_key (pick (self));
  person->client = client;
  udpnat_rendezvous_client_set_wall_offset (client, self->config.wall_offset_us);
  udpnat_rendezvous_client_restore_timestamp (client, person->timestamp_us);
  udpnat_rendezvous_client_set_server (client, self->now_us, &self->config.server, NULL);
  udpnat_rendezvous_client_set_passes (client, self->now_us, pass, 1);
  udpnat_rendezvous_client_watch_all (client, self->now_us, watched, WATCHED);
  udpnat_rendezvous_client_register (client, self->now_us, person->name);
  self->counts[SIM_CROWD_CAME]++;
}

static void
forget (SimCrowd *self,
        Person   *person)
{
  person->timestamp_us = udpnat_rendezvous_client_get_timestamp (person->client);
  g_clear_pointer (&person->client, udpnat_rendezvous_client_free);
  person->next_us = self->now_us + draw_time (self, AWAY_US);
}

/* Says so: what it has to send is still sent. */
static void
leave (SimCrowd *self,
       Person   *person)
{
  UdpnatDatagram datagram;

  udpnat_rendezvous_client_leave (person->client, self->now_us);
  while (udpnat_rendezvous_client_pop_output (person->client, self->now_us, &datagram))
    g_queue_push_tail (&person->last, g_memdup2 (&datagram, sizeof datagram));
  forget (self, person);
  self->counts[SIM_CROWD_LEFT]++;
}

static void
claim (SimCrowd *self,
       Person   *person)
{
  if (self->config.n_names == 0)
    return;
  g_snprintf (person->name, sizeof person->name, "%u.new.%u", self->run,
              self->config.n_names--);
  udpnat_rendezvous_client_register (person->client, self->now_us, person->name);
  self->counts[SIM_CROWD_CLAIMED]++;
}

static void
post (SimCrowd *self,
      Person   *person)
{
  Person *to = pick (self);
  guint8 letter[LETTER_MAX_BYTES], pass[UDPNAT_MAIL_PASS_BYTES];
  gsize n_letter = 1 + udpnat_random_below (&self->config.random, sizeof letter);

  for (guint i = 0; to->client != NULL && i < 8; i++)
    to = pick (self);
  make_pass (to, pass);
  udpnat_random_fill (&self->config.random, letter, n_letter);
  if (udpnat_rendezvous_client_put_mail (person->client, self->now_us, get_key (to), pass, letter,
                                         n_letter) != 0)
    self->counts[SIM_CROWD_POSTED]++;
}

static void
dial_or_send (SimCrowd *self,
              Person   *person)
{
  const guint8 inner[INNER_BYTES] = { UDPNAT_PACKET_DATA, UDPNAT_PACKET_VERSION };

  if (person->heard_of != 0 &&
      udpnat_rendezvous_client_send_relay (person->client, self->now_us, person->heard_of, inner,
                                           sizeof inner))
    self->counts[SIM_CROWD_SENT]++;
  if (udpnat_rendezvous_client_dial (person->client, self->now_us, get_key (pick (self)), inner,
                                     sizeof inner))
    self->counts[SIM_CROWD_DIALLED]++;
}

static void
ask (SimCrowd *self,
     Person   *person)
{
  if (udpnat_rendezvous_client_lookup (person->client, self->now_us, pick (self)->name) != 0)
    self->counts[SIM_CROWD_ASKED]++;
}

static void
watch (SimCrowd *self,
       Person   *person)
{
  udpnat_rendezvous_client_watch_key (person->client, get_key (pick (self)), TRUE);
  udpnat_rendezvous_client_set_presence (person->client, self->now_us,
                                         udpnat_random_below (&self->config.random, 2) == 0
                                           ? UDPNAT_PRESENCE_AWAY : UDPNAT_PRESENCE_ONLINE);
  (void) udpnat_rendezvous_client_list (person->client, self->now_us, "", "");
  self->counts[SIM_CROWD_WATCHED]++;
}

static void
act (SimCrowd *self,
     Person   *person)
{
  guint die = udpnat_random_below (&self->config.random, 100);

  person->next_us = self->now_us + draw_time (self, BETWEEN_US);
  if (person->client == NULL && self->is_closed)
    person->next_us = UDPNAT_TIME_NEVER;
  else if (person->client == NULL)
    come (self, person);
  else if (die < LEAVES_PERCENT)
    leave (self, person);
  else if (die < LEAVES_PERCENT + IS_LOST_PERCENT)
    {
      forget (self, person);
      self->counts[SIM_CROWD_LOST]++;
    }
  else if (die < LEAVES_PERCENT + IS_LOST_PERCENT + CLAIMS_PERCENT)
    claim (self, person);
  else if (die % 4 == 0)
    post (self, person);
  else if (die % 4 == 1)
    dial_or_send (self, person);
  else if (die % 4 == 2)
    watch (self, person);
  else
    ask (self, person);
}

/* ---- What they are told ---- */

static void
take_event (SimCrowd                    *self,
            Person                      *person,
            const UdpnatRendezvousEvent *event)
{
  if (event->type == UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT && event->found)
    {
      person->heard_of = event->entry.handle;
      self->counts[SIM_CROWD_FOUND]++;
    }
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_RELAYED)
    self->counts[SIM_CROWD_RELAYED]++;
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT)
    self->counts[SIM_CROWD_STORED] += event->code == UDPNAT_MAIL_STORED ? 1 : 0;
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_MAIL)
    {
      udpnat_rendezvous_client_ack_mail (person->client, self->now_us, event->number);
      self->counts[SIM_CROWD_DELIVERED]++;
    }
}

/* ---- The machine ---- */

static UdpnatRxResult
handle_datagram (UdpnatMachine        *machine,
                 gint64                now_us,
                 const UdpnatDatagram *datagram)
{
  Person *person = (Person *) machine;

  if (person->client == NULL)
    return UDPNAT_RX_IGNORED;
  return udpnat_rendezvous_client_handle_datagram (person->client, now_us, datagram);
}

static gint64
next_deadline (const UdpnatMachine *machine)
{
  const Person *person = (const Person *) machine;

  if (person->client == NULL)
    return person->next_us;
  return MIN (person->next_us, udpnat_rendezvous_client_next_deadline (person->client));
}

static void
handle_deadline (UdpnatMachine *machine,
                 gint64         now_us)
{
  Person *person = (Person *) machine;

  person->crowd->now_us = now_us;
  if (person->client != NULL && udpnat_rendezvous_client_next_deadline (person->client) <= now_us)
    udpnat_rendezvous_client_handle_deadline (person->client, now_us);
  if (person->next_us <= now_us)
    act (person->crowd, person);
}

/* They only know one server, and no other way to it. */
static gboolean
pop_output (UdpnatMachine  *machine,
            gint64          now_us,
            UdpnatDatagram *out_datagram)
{
  Person *person = (Person *) machine;
  g_autofree UdpnatDatagram *last = g_queue_pop_head (&person->last);

  if (last != NULL)
    *out_datagram = *last;
  else if (person->client == NULL)
    return FALSE;
  else
    do
      if (!udpnat_rendezvous_client_pop_output (person->client, now_us, out_datagram))
        return FALSE;
    while (out_datagram->socket != UDPNAT_SOCKET_MAIN);
  return TRUE;
}

/* See sim_crowd_take_events(). */
static UdpnatEvent *
pop_event (UdpnatMachine *machine)
{
  return NULL;
}

static const UdpnatMachineClass person_class = {
  .handle_datagram = handle_datagram,
  .next_deadline = next_deadline,
  .handle_deadline = handle_deadline,
  .pop_output = pop_output,
  .pop_event = pop_event,
};

/** sim_crowd_take_events: after each call of the machine @person, and before its outputs */
void
sim_crowd_take_events (UdpnatMachine *machine,
                       gint64         now_us)
{
  Person *person = (Person *) machine;
  UdpnatRendezvousEvent event;

  person->crowd->now_us = now_us;
  while (person->client != NULL && udpnat_rendezvous_client_pop_event (person->client, &event))
    take_event (person->crowd, person, &event);
}

/** sim_crowd_new: nobody is there yet; they come soon */
SimCrowd *
sim_crowd_new (const SimCrowdConfig *config,
               gint64                now_us)
{
  SimCrowd *self = g_new0 (SimCrowd, 1);

  self->config = *config;
  self->run = udpnat_random_u32 (&config->random) % 10000;
  self->indexes = udpnat_index_table_new (&config->random);
  self->people = g_new0 (Person, config->n_people);
  for (guint i = 0; i < config->n_people; i++)
    {
      Person *person = &self->people[i];

      person->machine.klass = &person_class;
      person->crowd = self;
      person->identity = udpnat_identity_generate (&config->random);
      g_snprintf (person->name, sizeof person->name, "%u.%u", self->run, i);
    }
  sim_crowd_open (self, now_us);
  return self;
}

void
sim_crowd_free (SimCrowd *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->config.n_people; i++)
    {
      udpnat_rendezvous_client_free (self->people[i].client);
      g_queue_clear_full (&self->people[i].last, g_free);
      udpnat_identity_free (self->people[i].identity);
    }
  udpnat_index_table_free (self->indexes);
  g_free (self->people);
  g_free (self);
}

/** sim_crowd_get_machine: @person: from 0 on */
UdpnatMachine *
sim_crowd_get_machine (SimCrowd *self,
                       guint     person)
{
  return &self->people[person].machine;
}

/** sim_crowd_close: all leave, and nobody comes until sim_crowd_open(). Wake their hosts */
void
sim_crowd_close (SimCrowd *self,
                 gint64    now_us)
{
  self->now_us = now_us;
  self->is_closed = TRUE;
  for (guint i = 0; i < self->config.n_people; i++)
    if (self->people[i].client != NULL)
      leave (self, &self->people[i]);
}

/** sim_crowd_open: wake their hosts */
void
sim_crowd_open (SimCrowd *self,
                gint64    now_us)
{
  self->is_closed = FALSE;
  for (guint i = 0; i < self->config.n_people; i++)
    self->people[i].next_us = now_us + draw_time (self, AWAY_US / 3);
}

guint64
sim_crowd_get_count (const SimCrowd *self,
                     SimCrowdCount   what)
{
  guint64 n_online = 0;

  if (what != SIM_CROWD_ONLINE)
    return self->counts[what];
  for (guint i = 0; i < self->config.n_people; i++)
    if (self->people[i].client != NULL &&
        udpnat_rendezvous_client_is_registered (self->people[i].client))
      n_online++;
  return n_online;
}

const char *
sim_crowd_get_word (SimCrowdCount what)
{
  static const char *const words[SIM_CROWD_N_COUNTS] = {
    "online", "came", "left", "lost", "asked", "found", "dialled", "sent", "relayed", "watched",
    "posted", "stored", "delivered", "claimed",
  };

  return words[what];
}
