#pragma once

#include "sim-invariants.h"
#include "sim-scenario.h"

G_BEGIN_DECLS

#define SIM_WATCHED_MAX (SIM_PEOPLE_MAX + SIM_SERVERS_MAX)

/* What one has said to another. */
typedef struct
{
  guint    n_said;
  GArray  *written;    /* of guint: numbers of the lines that came into the outbox; NULL: none */
  guint    n_received; /* so many of these have come */
  gboolean is_unordered; /* a mailbox was lost with some of it */
  GHashTable *extra;   /* (nullable): numbers + 1 of what came before its turn */
} SimTalk;

typedef struct
{
  SimPeer *peer;
  guint    n_written;  /* looked at so far, of all that it has written */
  guint    n_received; /* likewise */
  guint    n_networks; /* times that it may have taken a new network for its own */
  guint    n_to_claimed; /* datagrams to addresses that somebody has claimed */
  GArray  *ips; /* of UdpnatAddress: public ones that it has had */
} SimWatchedPerson;

struct _SimInvariants
{
  SimFault         fault;
  SimWatchedPerson people[SIM_PEOPLE_MAX];
  guint            n_people;
  GPtrArray       *servers; /* of SimServer, borrowed */
  GPtrArray       *nats;    /* of SimNat, borrowed */
  SimTalk          talks[SIM_PEOPLE_MAX][SIM_PEOPLE_MAX];
  gboolean         has_accepted[SIM_PEOPLE_MAX][SIM_PEOPLE_MAX];
  gboolean         was_near[SIM_PEOPLE_MAX][SIM_PEOPLE_MAX];
  GHashTable      *files;   /* (nullable): SimWatchedFile by id */
  GHashTable      *numbers; /* host → its number + 1: people, then servers */
  GHashTable      *ends;    /* owned SimEnd: what one host has to do with one address */
  guint            n_spoofed;    /* forged sources so far */
  gboolean         has_corruption;
  gboolean         are_nets_alike;
  gsize            n_text_bytes; /* said so far */
  gsize            n_heap_bytes; /* at the beginning */
  SimWatch         listener; /* (nullable) */
  gpointer         listener_data;

  /* borrowed */
  SimWorld *world;
};

G_GNUC_PRINTF (3, 4)
void     sim_invariants_fail         (SimInvariants       *self,
                                      SimInvariant         invariant,
                                      const char          *format,
                                      ...);
gboolean sim_invariants_may_know     (SimInvariants       *self,
                                      guint                who,
                                      guint                whose);
gboolean sim_invariants_was_at       (const SimInvariants *self,
                                      guint                who,
                                      const UdpnatAddress *ip);

/* sim-invariants-wire.c */
void     sim_invariants_watch_wire   (SimInvariants       *self);
void     sim_invariants_leave_wire   (SimInvariants       *self);
gboolean sim_invariants_is_proven    (SimInvariants       *self,
                                      guint                person,
                                      const UdpnatAddress *address,
                                      guint                by);

/* sim-invariants-files.c */
void     sim_invariants_add_files    (SimInvariants         *self,
                                      SimPeer               *person);
void     sim_invariants_leave_files  (SimInvariants         *self);
void     sim_invariants_watch_files  (SimInvariants         *self,
                                      SimPeer               *peer,
                                      const UdpnatNodeEvent *event);
gboolean sim_invariants_has_files    (SimInvariants         *self);
void     sim_invariants_check_files_end (SimInvariants      *self);
gsize    sim_invariants_get_file_memory (const SimInvariants *self);

/* sim-invariants-state.c */
void     sim_invariants_check_state  (SimInvariants       *self);

G_END_DECLS
