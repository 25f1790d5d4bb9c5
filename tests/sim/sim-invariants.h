#pragma once

#include "sim-chat.h"

G_BEGIN_DECLS

/* What must hold in every world, whatever happens in it. */
typedef enum
{
  SIM_INVARIANT_NONE,
  SIM_INVARIANT_ORDER,         /* what was said comes once, and in order */
  SIM_INVARIANT_DURABLE,       /* "delivered" is on the other's disk */
  SIM_INVARIANT_DELIVERED,     /* all of it comes, once everything works again */
  SIM_INVARIANT_PROOF,         /* a path in use was proved in both directions */
  SIM_INVARIANT_PLAINTEXT,     /* no text can be read on the way, or at the server */
  SIM_INVARIANT_DISCLOSURE,    /* no address of anybody comes to whom they have not accepted */
  SIM_INVARIANT_AMPLIFICATION, /* no more goes to an unproved address than came from it */
  SIM_INVARIANT_BOUNDED,       /* memory and state have bounds, in all and for each address */
  SIM_INVARIANT_DEADLINE,      /* whoever is called does something, or waits */
  SIM_INVARIANT_NAT_TABLE,     /* nobody fills a router's table */
  SIM_INVARIANT_FILE_CONTENT,  /* what is kept of a file is what was offered, once and in order */
  SIM_INVARIANT_FILE_WHOLE,    /* all that is wanted of files comes, and both know it */
  SIM_INVARIANT_FILE_OVER,     /* what is cancelled or declined stops */
  SIM_INVARIANT_FILE_REPEATS,  /* little is sent twice */
  SIM_INVARIANT_FILE_STORM,    /* whoever is refused does not ask again and again */
  SIM_INVARIANT_FILE_ACCESS,   /* nobody gets anything but whom it is offered to */
  SIM_N_INVARIANTS,
} SimInvariant;

/* In every text that people say: found on the wire, it was not encrypted. */
#define SIM_SECRET "udpnat-sim-secret"

/* Addresses that nobody has: those who forge their source take it from the first network, those
 * who lie about where they are from the second. */
#define SIM_SPOOFED_NET 11
#define SIM_CLAIMED_NET 12

/* What is handed over as SIM_INVARIANT_NAT_TABLE's bound, for each person behind a router: what one
 * search of a port may open (its sockets, or its probes at a router with a mapping for each) twice,
 * and some more for the server, peers and tests. */
#define SIM_NAT_MAPPINGS_PER_PERSON (2 * UDPNAT_SEARCH_PROBES_MAX + 64)
/* What a person may send to an address from which a contact's packet seems to come: twice what came
 * (PATH-RESPONSE is longer than PATH-CHALLENGE), and one run of challenges in each round. */
#define SIM_ANSWER_RATIO 2
#define SIM_ROUNDS_AT_ONCE 8 /* moves, new addresses of either begin one */
#define SIM_RUN_BYTES (UDPNAT_CANDIDATE_PACKETS_MAX * 43)
/* A machine may have this many turns in a row without doing anything: one for each of those that
 * are put together in a program (disk, beacons, node). */
#define SIM_STALLED_TURNS_MAX 3
/* How often what is refused may be asked for: by a new session each, or after it went on. */
#define SIM_REFUSALS_PER_MINUTE 20
/* At the giver's, in the streams of both, on the wires, at the fetcher's. */
#define SIM_COPIES_OF_FILE 6
/* All memory of a world, simulator included, by people and by forged handshakes at servers. */
#define SIM_MEMORY_BASE_BYTES (8 << 20)
#define SIM_MEMORY_PER_PERSON_BYTES (3 << 20)

/**
 * SimFault:
 * @detail: owned
 *
 * The first thing that was found to be wrong.
 */
typedef struct
{
  SimInvariant invariant;
  gint64       at_us; /* since the world began */
  char        *detail;
} SimFault;

/**
 * SimInvariants:
 *
 * Watches a world: what is on its wires as it happens, everything else whenever
 * sim_invariants_check() is called. Borrows what it watches, and has to be freed first.
 */
typedef struct _SimInvariants SimInvariants;

SimInvariants  *sim_invariants_new          (SimWorld            *world);
void            sim_invariants_free         (SimInvariants       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimInvariants, sim_invariants_free)

void            sim_invariants_add_server   (SimInvariants       *self,
                                             SimServer           *server);
void            sim_invariants_add_person   (SimInvariants       *self,
                                             SimPeer             *person);
void            sim_invariants_add_nat      (SimInvariants       *self,
                                             SimNat              *nat);
void            sim_invariants_set_listener (SimInvariants       *self,
                                             SimWatch             listener,
                                             gpointer             user_data);
void            sim_invariants_note_network (SimInvariants       *self,
                                             const SimPeer       *person);
void            sim_invariants_note_lost_mail (SimInvariants     *self,
                                             const SimServer     *server);
void            sim_invariants_note_spoofed (SimInvariants       *self,
                                             guint                n_sources);
void            sim_invariants_note_alike   (SimInvariants       *self);
void            sim_invariants_note_corruption (SimInvariants    *self);
void            sim_invariants_say          (SimInvariants       *self,
                                             SimPeer             *from,
                                             SimPeer             *to,
                                             guint                n_lines,
                                             guint                n_bytes);
void            sim_invariants_check        (SimInvariants       *self);
gboolean        sim_invariants_is_calm      (SimInvariants       *self);
void            sim_invariants_check_end    (SimInvariants       *self,
                                             gboolean             is_calm);
guint64         sim_invariants_count_kept   (const SimInvariants *self);
const SimFault *sim_invariants_get_fault    (const SimInvariants *self);
const char     *sim_invariant_to_string     (SimInvariant         invariant);

G_END_DECLS
