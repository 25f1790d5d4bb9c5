#include "config.h"

#include "sim-invariants-private.h"

#include "udpnat-packet.h"

#include "sim-nat-table.h"

#include <string.h>

/*
 * Reads along on the wire. A datagram carries with it who sent it where, so that it can be told who
 * has really been heard at which address, whatever the machines believe:
 *
 *  - Somebody is proved at an address for a host, if something that it sent there has arrived, and
 *    later something came back from there.
 *  - Nobody whose address is not proved gets more bytes from a server than came from there. STUN is
 *    left out: its answers are longer, and limited in another way (PROTOCOL.md section 17). People
 *    may try an address from which a contact's packet came, as they do with any candidate: one run
 *    of challenges in each round, and answers to theirs, which are a little longer.
 *  - Between two people nothing travels directly unless each may know where the other is.
 *  - What people say is never in a datagram as it is.
 */

/* What one host has to do with one address. */
typedef struct
{
  SimNatKey key;       /* the address, and the host's number */
  guint64   reached;   /* by host number: who got what was sent there */
  guint64   proven;    /* likewise: and has been heard from there since */
  guint64   in_bytes;
  guint64   out_bytes;
  gint64    first_in_us;
} SimEnd;

static SimEnd *
ensure_end (SimInvariants       *self,
            guint                number,
            const UdpnatAddress *address)
{
  SimNatKey key = sim_nat_key (address, NULL);
  SimEnd *end;

  key.words[2] = number;
  end = g_hash_table_lookup (self->ends, &key);
  if (end != NULL)
    return end;
  end = g_new0 (SimEnd, 1);
  end->key = key;
  g_hash_table_insert (self->ends, &end->key, end);
  return end;
}

/* Returns: FALSE: somebody who is not watched */
static gboolean
get_number (const SimInvariants *self,
            const SimHost       *host,
            guint               *out_number)
{
  guint found = GPOINTER_TO_UINT (g_hash_table_lookup (self->numbers, host));

  *out_number = found - 1;
  return found > 0;
}

static gboolean
is_of_net (const UdpnatAddress *address,
           guint8               net)
{
  return address->family == UDPNAT_FAMILY_IPV4 && address->ip[0] == net;
}

static gboolean
is_stun (const SimTapInfo *info)
{
  return info->n_data > 0 && info->data[0] < 4;
}

/* Servers owe it to everybody; people to those who did not ask to be sent anything, for what they
 * send to addresses that they were told of has limits of its own. */
static gboolean
is_balanced (guint                number,
             const UdpnatAddress *address)
{
  return number >= SIM_PEOPLE_MAX || is_of_net (address, SIM_SPOOFED_NET);
}

/* ---- What leaves ---- */

static void
check_plaintext (SimInvariants    *self,
                 const SimTapInfo *info)
{
  if (memmem (info->data, info->n_data, SIM_SECRET, strlen (SIM_SECRET)) != NULL)
    sim_invariants_fail (self, SIM_INVARIANT_PLAINTEXT, "%s sends a text as it is",
                         sim_host_get_name (info->host));
}

static guint64
get_allowance (const SimEnd *end,
               guint         number,
               gint64        now_us)
{
  guint64 n_rounds;

  if (number >= SIM_PEOPLE_MAX || end->in_bytes == 0)
    return end->in_bytes;
  n_rounds = SIM_ROUNDS_AT_ONCE +
             (guint64) ((now_us - end->first_in_us) / UDPNAT_PUNCH_RETRY_FIRST_US);
  return SIM_ANSWER_RATIO * end->in_bytes + n_rounds * SIM_RUN_BYTES;
}

static void
check_balance (SimInvariants    *self,
               guint             number,
               const SimTapInfo *info)
{
  SimEnd *end;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  if (!is_balanced (number, &info->to) || is_stun (info) || udpnat_address_is_tunnel (&info->to))
    return;
  end = ensure_end (self, number, &info->to);
  end->out_bytes += info->n_data;
  if (end->proven == 0 && end->out_bytes > get_allowance (end, number, info->now_us))
    sim_invariants_fail (self, SIM_INVARIANT_AMPLIFICATION,
                         "%s has sent %" G_GUINT64_FORMAT " bytes to %s, from where %"
                         G_GUINT64_FORMAT " came", sim_host_get_name (info->host),
                         end->out_bytes, udpnat_address_to_string (&info->to, text),
                         end->in_bytes);
}

/* People believe others who say where they are, within limits. */
static void
check_claims (SimInvariants    *self,
              guint             number,
              const SimTapInfo *info)
{
  SimWatchedPerson *person = &self->people[number];

  if (!is_of_net (&info->to, SIM_CLAIMED_NET))
    return;
  person->n_to_claimed++;
  if (person->n_to_claimed > UDPNAT_HEARSAY_PACKETS * (person->n_networks + 1))
    sim_invariants_fail (self, SIM_INVARIANT_AMPLIFICATION,
                         "%s has sent %u packets to where nobody but a liar says that he is",
                         person->peer->name, person->n_to_claimed);
}

static void
watch_sent (SimInvariants    *self,
            const SimTapInfo *info)
{
  guint number;

  if (!get_number (self, info->host, &number))
    return;
  check_plaintext (self, info);
  check_balance (self, number, info);
  if (number < SIM_PEOPLE_MAX)
    check_claims (self, number, info);
}

/* ---- What arrives ---- */

static void
note_proof (SimInvariants    *self,
            guint             number,
            guint             origin,
            const SimTapInfo *info)
{
  SimEnd *back = ensure_end (self, number, &info->from);

  ensure_end (self, origin, &info->sent_to)->reached |= G_GUINT64_CONSTANT (1) << number;
  if ((back->reached & G_GUINT64_CONSTANT (1) << origin) != 0)
    back->proven |= G_GUINT64_CONSTANT (1) << origin;
}

static gboolean
may_meet (SimInvariants *self,
          guint          one,
          guint          two)
{
  return sim_invariants_may_know (self, one, two) && sim_invariants_may_know (self, two, one);
}

/* Whoever is told where somebody is, or was, may hit others behind the same router, whose ports can
 * only be guessed: they cannot read it, and it is not what they are answered. */
static gboolean
is_stray (SimInvariants *self,
          guint          number,
          guint          origin)
{
  UdpnatAddress ip = sim_host_get_public_ip (self->people[number].peer->host, UDPNAT_FAMILY_IPV4);

  for (guint i = 0; i < self->n_people; i++)
    if (i != number && i != origin && sim_invariants_was_at (self, i, &ip) &&
        may_meet (self, origin, i))
      return TRUE;
  return FALSE;
}

static void
check_disclosure (SimInvariants    *self,
                  guint             number,
                  guint             origin,
                  const SimTapInfo *info)
{
  const char *who = sim_host_get_name (info->host);
  const char *whose = sim_host_get_name (info->origin);
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  /* Where bits flip, an address that INFO-REPLY tells may be that of somebody else. */
  if (self->has_corruption)
    return;
  /* What is meant for somebody at home comes to somebody else here. */
  if (self->are_nets_alike &&
      udpnat_address_get_scope (&info->sent_to) == UDPNAT_SCOPE_PRIVATE)
    return;
  /* Who has no server says UNKNOWN and COOKIE to anybody, for there is no other way (PROTOCOL.md
   * sections 1 and 3). */
  if (info->n_data > 0 &&
      (info->data[0] == UDPNAT_PACKET_UNKNOWN || info->data[0] == UDPNAT_PACKET_COOKIE))
    return;
  /* Whoever has seen an HS1, and so knows whom it was for, may send it again in somebody's name:
   * the answer goes to where it came from (section 2). */
  if (self->n_spoofed > 0 && info->n_data > 0 && info->data[0] == UDPNAT_PACKET_HS2)
    return;
  if (may_meet (self, number, origin) || is_stray (self, number, origin))
    return;
  sim_invariants_fail (self, SIM_INVARIANT_DISCLOSURE,
                       "%s has sent %zu bytes (type %u) to %s, where %s has got them: %s",
                       whose, info->n_data, info->n_data > 0 ? info->data[0] : 0,
                       udpnat_address_to_string (&info->sent_to, text), who,
                       sim_invariants_may_know (self, number, origin)
                         ? "it is not accepted there" : "it does not accept that");
}

/* Beacons are for everybody on a network. */
static gboolean
is_group (const UdpnatAddress *address)
{
  return is_of_net (address, 239);
}

static void
note_in (SimEnd           *end,
         const SimTapInfo *info)
{
  if (end->in_bytes == 0)
    end->first_in_us = info->now_us;
  end->in_bytes += info->n_data;
}

static void
watch_delivered (SimInvariants    *self,
                 const SimTapInfo *info)
{
  guint number;
  guint origin;

  /* Who has a connection has proved where he is. */
  if (is_group (&info->to) || udpnat_address_is_tunnel (&info->from) ||
      udpnat_address_is_tunnel (&info->to) || !get_number (self, info->host, &number))
    return;
  if (is_balanced (number, &info->from) && !is_stun (info))
    note_in (ensure_end (self, number, &info->from), info);
  if (info->origin == NULL || !get_number (self, info->origin, &origin))
    return;
  note_proof (self, number, origin, info);
  /* Somebody who asks its own router to hairpin is no stranger. */
  if (number < SIM_PEOPLE_MAX && origin < SIM_PEOPLE_MAX && number != origin)
    check_disclosure (self, number, origin, info);
}

static gboolean
tap_cb (const SimTapInfo *info,
        gpointer          user_data)
{
  SimInvariants *self = user_data;

  if (info->kind == SIM_TAP_SENT)
    watch_sent (self, info);
  else if (info->kind == SIM_TAP_DELIVERED)
    watch_delivered (self, info);
  return TRUE;
}

/* ---- Calls ---- */

void
sim_invariants_watch_wire (SimInvariants *self)
{
  self->ends = g_hash_table_new_full (sim_nat_key_hash, sim_nat_key_equal, NULL, g_free);
  sim_world_add_tap (self->world, tap_cb, self);
}

void
sim_invariants_leave_wire (SimInvariants *self)
{
  sim_world_remove_tap (self->world, tap_cb, self);
  g_hash_table_unref (self->ends);
}

/** sim_invariants_is_proven: whether @person has reached @by at @address, and was answered */
gboolean
sim_invariants_is_proven (SimInvariants       *self,
                          guint                person,
                          const UdpnatAddress *address,
                          guint                by)
{
  const SimEnd *end = ensure_end (self, person, address);

  return (end->proven & G_GUINT64_CONSTANT (1) << by) != 0;
}
