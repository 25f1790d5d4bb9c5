#pragma once

#include "udpnat-limits.h"
#include "udpnat-nat-probe.h"
#include "udpnat-nat-question-private.h"

G_BEGIN_DECLS

/* How the probe is cut into files:
 *
 *   udpnat-nat-probe.c           the machine: life, packets, pace
 *   udpnat-nat-probe-tests.c     the quick tests: what is asked, and when
 *   udpnat-nat-probe-verdict.c   what the answers mean
 *   udpnat-nat-probe-lifetime.c  the slow tests
 *   udpnat-nat-question.c        one question
 *   udpnat-nat-allocator.c       how ports are chosen, from samples */

/* All questions that are ever asked. Of two that are due at the same time the first one goes. */
typedef enum
{
  UDPNAT_NAT_ASK_REACH,       /* main socket to A1:P1, as RFC 5780 calls the server's addresses */
  UDPNAT_NAT_ASK_FILTER_BASE, /* a fresh socket to A1:P1 */
  UDPNAT_NAT_ASK_FILTER_BOTH, /* answer from A2:P2 */
  UDPNAT_NAT_ASK_FILTER_PORT, /* answer from A1:P2 */
  UDPNAT_NAT_ASK_POISON,      /* to where these answers came from, and were dropped */
  UDPNAT_NAT_ASK_MAP_PORT,    /* main socket to A1:P2 */
  UDPNAT_NAT_ASK_MAP_IP,      /* to A2:P1 */
  UDPNAT_NAT_ASK_MAP_BOTH,    /* to A2:P2 */
  UDPNAT_NAT_ASK_MAP_AGAIN,   /* a sample's socket to A1:P2 */
  UDPNAT_NAT_ASK_HAIRPIN_A,   /* from one sample's socket to the other's outer address */
  UDPNAT_NAT_ASK_HAIRPIN_B,   /* and back */
  UDPNAT_NAT_ASK_TTL,         /* with an opener of TTL 1, 2 … */
  UDPNAT_NAT_ASK_SAMPLE = UDPNAT_NAT_ASK_TTL + UDPNAT_NAT_TTL_MAX,
  UDPNAT_NAT_N_QUICK = UDPNAT_NAT_ASK_SAMPLE + UDPNAT_NAT_SAMPLES_MAX,
  UDPNAT_NAT_ASK_ASKER = UDPNAT_NAT_N_QUICK, /* the socket that asks for the others */
  UDPNAT_NAT_ASK_KEPT,                       /* the socket that is kept busy */
  UDPNAT_NAT_ASK_IDLE,                       /* those that are left alone */
  UDPNAT_NAT_ASK_ALIVE = UDPNAT_NAT_ASK_IDLE + UDPNAT_NAT_LIFETIMES, /* whether they are reached */
  UDPNAT_NAT_N_QUESTIONS = UDPNAT_NAT_ASK_ALIVE + UDPNAT_NAT_LIFETIMES,
} UdpnatNatAsk;

/* Sockets, counted from the first one that the owner gave. */
typedef enum
{
  UDPNAT_NAT_SOCKET_FILTER,
  UDPNAT_NAT_SOCKET_TTL,
  UDPNAT_NAT_SOCKET_SAMPLE = UDPNAT_NAT_SOCKET_TTL + UDPNAT_NAT_TTL_MAX,
  UDPNAT_NAT_SOCKET_ASKER = UDPNAT_NAT_SOCKET_SAMPLE + UDPNAT_NAT_SAMPLES_MAX,
  UDPNAT_NAT_SOCKET_KEPT,
  UDPNAT_NAT_SOCKET_IDLE,
  UDPNAT_NAT_N_SOCKETS = UDPNAT_NAT_SOCKET_IDLE + UDPNAT_NAT_LIFETIMES,
} UdpnatNatSocket;

G_STATIC_ASSERT ((int) UDPNAT_NAT_N_SOCKETS <= UDPNAT_NAT_PROBE_SOCKETS);

typedef enum
{
  UDPNAT_NAT_PROBE_STATE_REACHING,  /* the first question is out */
  UDPNAT_NAT_PROBE_STATE_TESTING,
  UDPNAT_NAT_PROBE_STATE_MEASURING, /* only the slow tests are left */
  UDPNAT_NAT_PROBE_STATE_OVER,
} UdpnatNatProbeState;

/* How far one idle socket is. */
typedef enum
{
  UDPNAT_NAT_IDLE_OPENING,
  UDPNAT_NAT_IDLE_OPENED,     /* waits to be confirmed */
  UDPNAT_NAT_IDLE_CONFIRMING,
  UDPNAT_NAT_IDLE_RESTING,
  UDPNAT_NAT_IDLE_ASKED,
  UDPNAT_NAT_IDLE_ALIVE,
  UDPNAT_NAT_IDLE_DEAD,
  UDPNAT_NAT_IDLE_VOID,       /* could not be measured */
} UdpnatNatIdleState;

/**
 * UdpnatNatIdle:
 * @last_us: when its last packet left or came
 * @age_us: for how long it had been idle when it was asked
 */
typedef struct
{
  UdpnatNatIdleState state;
  gint64             last_us;
  gint64             age_us;
} UdpnatNatIdle;

struct _UdpnatNatProbe
{
  UdpnatMachine       machine; /* first: a UdpnatNatProbe is a UdpnatMachine */

  UdpnatRandom        random;
  UdpnatAddress       server;  /* A1:P1 */
  UdpnatAddress       alt_port; /* A1:P2; unset: there is none */
  UdpnatAddress       alt_ip;   /* A2:P1; likewise */
  UdpnatAddress       alt_both; /* A2:P2; likewise */
  UdpnatSocketId      main_socket;
  UdpnatSocketId      first_socket;
  UdpnatAddress       hosts[UDPNAT_CANDIDATES_MAX];
  guint               n_hosts;
  gboolean            is_lifetime_wanted;

  UdpnatNatProbeState state;
  UdpnatNatTestState  outcome;
  UdpnatNatQuestion   questions[UDPNAT_NAT_N_QUESTIONS];
  UdpnatNatPace       pace;
  gint64              next_send_us;
  guint               n_packets;
  gboolean            is_noisy;       /* what is no STUN has come from the server */
  guint8              ttl_change;     /* CHANGE-REQUEST that openers are tested with; 0: not yet */
  gboolean            is_open[UDPNAT_NAT_N_SOCKETS];
  gboolean            is_closing[UDPNAT_NAT_N_SOCKETS];

  /* the slow tests */
  UdpnatLifetimeState lifetime_state;
  UdpnatNatIdle       idle[UDPNAT_NAT_LIFETIMES];
  gint64              slow_since_us;
  UdpnatAddress       kept_as;        /* how the busy socket was seen at first */
  gint64              kept_since_us;
  gint64              kept_until_us;  /* when it was last seen so */
  gint64              kept_next_us;   /* when it is to be used again */
  gint64              absolute_us;    /* found; 0: not */

  guint               n_events;
  UdpnatNatProbeEventType events[2];
};

/* udpnat-nat-probe.c */
UdpnatNatQuestion *udpnat_nat_probe_ask              (UdpnatNatProbe          *self,
                                                      guint                    index,
                                                      UdpnatSocketId           socket,
                                                      const UdpnatAddress     *to,
                                                      gint64                   now_us);
void               udpnat_nat_probe_drop             (UdpnatNatProbe          *self,
                                                      guint                    index);
gboolean           udpnat_nat_probe_may_be_sent_to   (const UdpnatNatProbe    *self,
                                                      const UdpnatAddress     *address);

static inline UdpnatSocketId
udpnat_nat_probe_get_socket (const UdpnatNatProbe *self,
                             guint                 index)
{
  return (UdpnatSocketId) (self->first_socket + index);
}

static inline gboolean
udpnat_nat_probe_is_answered (const UdpnatNatProbe *self,
                              guint                 index)
{
  return udpnat_nat_question_is_answered (&self->questions[index]);
}

/* udpnat-nat-probe-tests.c */
void               udpnat_nat_probe_start_tests      (UdpnatNatProbe          *self,
                                                      gint64                   now_us);
void               udpnat_nat_probe_continue_tests   (UdpnatNatProbe          *self,
                                                      gint64                   now_us);
gboolean           udpnat_nat_probe_is_testing       (const UdpnatNatProbe    *self);

/* udpnat-nat-probe-verdict.c */
UdpnatMappingRule  udpnat_nat_probe_judge_mapping    (const UdpnatNatProbe    *self);
UdpnatFilteringRule udpnat_nat_probe_judge_filtering (const UdpnatNatProbe    *self);

/* udpnat-nat-probe-lifetime.c */
void               udpnat_nat_probe_start_lifetime    (UdpnatNatProbe         *self,
                                                       gint64                  now_us);
void               udpnat_nat_probe_continue_lifetime (UdpnatNatProbe         *self,
                                                       gint64                  now_us);
gint64             udpnat_nat_probe_next_lifetime     (const UdpnatNatProbe   *self);

G_END_DECLS
