/* The quick tests of a probe: what is asked of the server, and when.
 *
 *   mapping    the main socket asks all addresses of the server (RFC 5780 section 4.3)
 *   filtering  a fresh socket has the server answer from addresses that it has not sent to (4.4)
 *   poison     the same socket then asks those: has what was dropped changed its port?
 *   ports      a dozen fresh sockets, one after the other
 *   hairpin    two of them send to each other's outer address
 *   TTL        fresh sockets send a packet of TTL 1, 2 … to A1:P2, then have the server answer
 *              from there: the smallest TTL for which that arrives opens our routers (nat.md
 *              section 5.2)
 *
 * An address of the server that does not answer when it is asked directly cannot tell anything by
 * silence; the verdict looks at that. */

#include "config.h"

#include "udpnat-nat-probe-private.h"

#define CHANGE_BOTH (UDPNAT_STUN_CHANGE_IP | UDPNAT_STUN_CHANGE_PORT)
/* TTLs that are tried at first: most people have one router or two. */
#define TTL_FIRST 4

/* ---- Beginning ---- */

/* What the server says of itself goes before what the owner knew. */
static void
set_server_addresses (UdpnatNatProbe *self)
{
  const UdpnatAddress *other = &self->questions[UDPNAT_NAT_ASK_REACH].other;

  if (!udpnat_nat_probe_may_be_sent_to (self, other))
    return;
  if (other->port != self->server.port)
    {
      self->alt_port = self->server;
      self->alt_port.port = other->port;
    }
  if (udpnat_address_equal_ip (other, &self->server) || other->port == self->server.port)
    return;
  self->alt_both = *other;
  self->alt_ip = *other;
  self->alt_ip.port = self->server.port;
}

static void
ask_for_change (UdpnatNatProbe      *self,
                guint                index,
                guint8               change,
                const UdpnatAddress *answer_from,
                gint64               now_us)
{
  UdpnatSocketId socket = udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_FILTER);
  UdpnatNatQuestion *question;

  if (!udpnat_address_is_set (answer_from))
    return;
  question = udpnat_nat_probe_ask (self, index, socket, &self->server, now_us);
  question->change = change;
  question->answer_from = *answer_from;
  question->is_silence_likely = TRUE;
}

static void
ask_for_mapping (UdpnatNatProbe      *self,
                 guint                index,
                 const UdpnatAddress *to,
                 gint64               now_us)
{
  if (udpnat_address_is_set (to))
    udpnat_nat_probe_ask (self, index, self->main_socket, to, now_us);
}

static void
take_samples (UdpnatNatProbe *self,
              guint           first,
              guint           n,
              gint64          now_us)
{
  for (guint i = first; i < first + n; i++)
    udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_SAMPLE + i,
                          udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_SAMPLE + i),
                          &self->server, now_us);
}

/** udpnat_nat_probe_start_tests: the server has answered */
void
udpnat_nat_probe_start_tests (UdpnatNatProbe *self,
                              gint64          now_us)
{
  UdpnatSocketId socket = udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_FILTER);

  set_server_addresses (self);
  udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_FILTER_BASE, socket, &self->server, now_us);
  ask_for_change (self, UDPNAT_NAT_ASK_FILTER_BOTH, CHANGE_BOTH, &self->alt_both, now_us);
  ask_for_change (self, UDPNAT_NAT_ASK_FILTER_PORT, UDPNAT_STUN_CHANGE_PORT, &self->alt_port,
                  now_us);
  ask_for_mapping (self, UDPNAT_NAT_ASK_MAP_PORT, &self->alt_port, now_us);
  ask_for_mapping (self, UDPNAT_NAT_ASK_MAP_IP, &self->alt_ip, now_us);
  ask_for_mapping (self, UDPNAT_NAT_ASK_MAP_BOTH, &self->alt_both, now_us);
  take_samples (self, 0, UDPNAT_NAT_SAMPLES, now_us);
}

/* ---- Going on ---- */

static gboolean
is_unasked (const UdpnatNatProbe *self,
            guint                 index)
{
  return self->questions[index].state == UDPNAT_NAT_QUESTION_UNASKED;
}

static gboolean
is_pending (const UdpnatNatProbe *self,
            guint                 index)
{
  return self->questions[index].state == UDPNAT_NAT_QUESTION_PENDING;
}

/* What may come from everywhere may come from the second port. */
static void
continue_filtering (UdpnatNatProbe *self)
{
  if (udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_FILTER_BOTH)
      && is_pending (self, UDPNAT_NAT_ASK_FILTER_PORT))
    udpnat_nat_probe_drop (self, UDPNAT_NAT_ASK_FILTER_PORT);
}

/* Where the packets came from that our routers have dropped; NULL: none did, or a port that changes
 * on the way there would mean nothing. */
static const UdpnatAddress *
find_dropped_source (const UdpnatNatProbe *self)
{
  UdpnatMappingRule mapping = udpnat_nat_probe_judge_mapping (self);

  switch (udpnat_nat_probe_judge_filtering (self))
    {
    case UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT:
      if (mapping == UDPNAT_MAPPING_RULE_INDEPENDENT || mapping == UDPNAT_MAPPING_RULE_ADDRESS)
        return &self->alt_port;
      return NULL;
    case UDPNAT_FILTERING_RULE_ADDRESS:
      if (mapping == UDPNAT_MAPPING_RULE_INDEPENDENT
          && udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_MAP_BOTH))
        return &self->alt_both;
      return NULL;
    case UDPNAT_FILTERING_RULE_UNKNOWN:
    case UDPNAT_FILTERING_RULE_INDEPENDENT:
      return NULL;
    }
  g_assert_not_reached ();
}

static void
continue_poison (UdpnatNatProbe *self,
                 gint64          now_us)
{
  const UdpnatAddress *source;

  if (!is_unasked (self, UDPNAT_NAT_ASK_POISON))
    return;
  source = find_dropped_source (self);
  if (source != NULL && udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_FILTER_BASE))
    udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_POISON,
                          udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_FILTER), source,
                          now_us);
}

/* ---- Samples ---- */

/* Where packets are lost, more sockets are needed until enough have been seen in order. */
static void
continue_samples (UdpnatNatProbe *self,
                  gint64          now_us)
{
  guint n_in_order = 0;
  guint n_asked = 0;
  guint n_more;

  for (guint i = 0; i < UDPNAT_NAT_SAMPLES_MAX; i++)
    {
      const UdpnatNatQuestion *sample = &self->questions[UDPNAT_NAT_ASK_SAMPLE + i];

      if (sample->state == UDPNAT_NAT_QUESTION_PENDING)
        return;
      n_asked += sample->state != UDPNAT_NAT_QUESTION_UNASKED;
      n_in_order += udpnat_nat_question_is_answered (sample) && sample->n_sent == 1;
    }
  if (n_in_order >= UDPNAT_NAT_SAMPLES_IN_ORDER)
    return;
  n_more = MIN (2 * (UDPNAT_NAT_SAMPLES_IN_ORDER - n_in_order), UDPNAT_NAT_SAMPLES_MAX - n_asked);
  take_samples (self, n_asked, n_more, now_us);
}

/* ---- Mapping ---- */

static gboolean
is_mapping_seen_once (const UdpnatNatProbe *self)
{
  return udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_MAP_PORT)
         && !udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_MAP_IP)
         && !udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_MAP_BOTH)
         && udpnat_nat_probe_judge_mapping (self) == UDPNAT_MAPPING_RULE_INDEPENDENT;
}

/* Of the ports of a block, 512 perhaps, the same one may come up twice by chance: where one pair is
 * all that there is, a sample's socket makes another. */
static void
continue_mapping (UdpnatNatProbe *self,
                  gint64          now_us)
{
  if (!is_unasked (self, UDPNAT_NAT_ASK_MAP_AGAIN) || !is_mapping_seen_once (self))
    return;
  for (guint i = 0; i < UDPNAT_NAT_SAMPLES_MAX; i++)
    if (udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_SAMPLE + i))
      {
        udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_MAP_AGAIN,
                              udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_SAMPLE + i),
                              &self->alt_port, now_us);
        return;
      }
}

/* ---- Hairpin ---- */

static void
ask_for_hairpin (UdpnatNatProbe *self,
                 guint           index,
                 guint           from,
                 guint           to,
                 gint64          now_us)
{
  UdpnatSocketId socket = udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_SAMPLE + from);
  const UdpnatAddress *outer = &self->questions[UDPNAT_NAT_ASK_SAMPLE + to].mapped;
  UdpnatNatQuestion *question = udpnat_nat_probe_ask (self, index, socket, outer, now_us);

  question->answer_socket = udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_SAMPLE + to);
  question->answer_from = UDPNAT_ADDRESS_NONE;
  question->is_echo = TRUE;
  question->is_silence_likely = TRUE;
}

/* Returns: the first two samples that were answered; %FALSE: there are not two */
static gboolean
find_pair (const UdpnatNatProbe *self,
           guint                 out_pair[2])
{
  guint n_found = 0;

  for (guint i = 0; i < UDPNAT_NAT_SAMPLES_MAX && n_found < 2; i++)
    {
      const UdpnatNatQuestion *sample = &self->questions[UDPNAT_NAT_ASK_SAMPLE + i];

      if (udpnat_nat_question_is_answered (sample)
          && udpnat_nat_probe_may_be_sent_to (self, &sample->mapped))
        out_pair[n_found++] = i;
    }
  return n_found == 2;
}

/* Both ways, since a router that lets in only whom one has sent to has to be opened for it. */
static void
continue_hairpin (UdpnatNatProbe *self,
                  gint64          now_us)
{
  guint pair[2];

  if (udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_HAIRPIN_A))
    udpnat_nat_probe_drop (self, UDPNAT_NAT_ASK_HAIRPIN_B);
  else if (udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_HAIRPIN_B))
    udpnat_nat_probe_drop (self, UDPNAT_NAT_ASK_HAIRPIN_A);
  else if (is_unasked (self, UDPNAT_NAT_ASK_HAIRPIN_A)
           && udpnat_nat_probe_judge_mapping (self) != UDPNAT_MAPPING_RULE_NONE
           && find_pair (self, pair))
    {
      ask_for_hairpin (self, UDPNAT_NAT_ASK_HAIRPIN_A, pair[0], pair[1], now_us);
      ask_for_hairpin (self, UDPNAT_NAT_ASK_HAIRPIN_B, pair[1], pair[0], now_us);
    }
}

/* ---- TTL ---- */

/* Whether only the very second address has been kept out, and it wants our packets. */
static gboolean
is_second_ip_kept_out (const UdpnatNatProbe *self,
                       gint64                now_us)
{
  return udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_MAP_BOTH)
         && udpnat_nat_question_is_late (&self->questions[UDPNAT_NAT_ASK_FILTER_BOTH], now_us);
}

/* Returns: with what change an answer has to come from where nothing may come from so far, bits of
 * [enum@UdpnatStunChange]; 0: this cannot be tested, or not yet. Does not wait until silence is
 * certain: what begins now is over at about the same time. */
static guint8
choose_ttl_change (const UdpnatNatProbe *self,
                   gint64                now_us)
{
  UdpnatMappingRule mapping = udpnat_nat_probe_judge_mapping (self);
  const UdpnatNatQuestion *both = &self->questions[UDPNAT_NAT_ASK_FILTER_BOTH];
  const UdpnatNatQuestion *port = &self->questions[UDPNAT_NAT_ASK_FILTER_PORT];

  if (mapping == UDPNAT_MAPPING_RULE_UNKNOWN
      || mapping == UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT
      || udpnat_nat_question_is_answered (both))
    return 0;
  if (udpnat_nat_question_is_answered (port))
    return mapping != UDPNAT_MAPPING_RULE_ADDRESS && is_second_ip_kept_out (self, now_us)
             ? CHANGE_BOTH
             : 0;
  return udpnat_nat_question_is_late (port, now_us) ? UDPNAT_STUN_CHANGE_PORT : 0;
}

static void
ask_for_ttls (UdpnatNatProbe *self,
              guint           first,
              guint           n,
              gint64          now_us)
{
  gboolean is_port = self->ttl_change == UDPNAT_STUN_CHANGE_PORT;
  const UdpnatAddress *opened = is_port ? &self->alt_port : &self->alt_both;

  for (guint i = first; i < first + n; i++)
    {
      UdpnatSocketId socket = udpnat_nat_probe_get_socket (self, UDPNAT_NAT_SOCKET_TTL + i);
      UdpnatNatQuestion *question = udpnat_nat_probe_ask (self, UDPNAT_NAT_ASK_TTL + i, socket,
                                                          &self->server, now_us);

      question->change = self->ttl_change;
      question->answer_from = *opened;
      question->opener_to = *opened;
      question->opener_ttl = (guint8) (i + 1);
      question->is_silence_likely = TRUE;
      /* Anew, now that it has an opener. */
      udpnat_nat_question_begin (question, &self->random, now_us);
    }
}

/* A larger TTL than one that works does, too. */
static void
drop_larger_ttls (UdpnatNatProbe *self)
{
  gboolean is_found = FALSE;

  for (guint i = 0; i < UDPNAT_NAT_TTL_MAX; i++)
    {
      if (is_found && is_pending (self, UDPNAT_NAT_ASK_TTL + i))
        udpnat_nat_probe_drop (self, UDPNAT_NAT_ASK_TTL + i);
      is_found |= udpnat_nat_probe_is_answered (self, UDPNAT_NAT_ASK_TTL + i);
    }
}

static gboolean
are_first_ttls_late (const UdpnatNatProbe *self,
                     gint64                now_us)
{
  for (guint i = 0; i < TTL_FIRST; i++)
    if (!udpnat_nat_question_is_late (&self->questions[UDPNAT_NAT_ASK_TTL + i], now_us))
      return FALSE;
  return TRUE;
}

static void
drop_ttls (UdpnatNatProbe *self)
{
  for (guint i = 0; i < UDPNAT_NAT_TTL_MAX; i++)
    udpnat_nat_probe_drop (self, UDPNAT_NAT_ASK_TTL + i);
}

static void
continue_ttls (UdpnatNatProbe *self,
               gint64          now_us)
{
  guint8 change = choose_ttl_change (self, now_us);

  if (change != self->ttl_change)
    {
      drop_ttls (self);
      self->ttl_change = change;
      if (change != 0)
        ask_for_ttls (self, 0, TTL_FIRST, now_us);
      return;
    }
  if (change == 0)
    return;
  if (is_unasked (self, UDPNAT_NAT_ASK_TTL + TTL_FIRST) && are_first_ttls_late (self, now_us))
    ask_for_ttls (self, TTL_FIRST, UDPNAT_NAT_TTL_MAX - TTL_FIRST, now_us);
  drop_larger_ttls (self);
}

/** udpnat_nat_probe_continue_tests: asks what the answers so far make possible */
void
udpnat_nat_probe_continue_tests (UdpnatNatProbe *self,
                                 gint64          now_us)
{
  continue_filtering (self);
  continue_samples (self, now_us);
  continue_mapping (self, now_us);
  continue_hairpin (self, now_us);
  continue_ttls (self, now_us);
  continue_poison (self, now_us);
}

/** udpnat_nat_probe_is_testing: Returns: whether an answer is still waited for */
gboolean
udpnat_nat_probe_is_testing (const UdpnatNatProbe *self)
{
  for (guint i = 0; i < UDPNAT_NAT_N_QUICK; i++)
    if (is_pending (self, i))
      return TRUE;
  return FALSE;
}
