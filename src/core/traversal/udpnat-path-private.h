#pragma once

#include "udpnat-path-queue-private.h"

G_BEGIN_DECLS

/* What has happened at one address. */
typedef enum
{
  UDPNAT_PATH_STATE_WAITING,    /* known; nothing has been sent there in this run */
  UDPNAT_PATH_STATE_PROBING,    /* we have sent something; nothing has come back */
  UDPNAT_PATH_STATE_INBOUND,    /* the peer has reached us from there, not yet we it */
  UDPNAT_PATH_STATE_PROVEN,     /* our challenge was answered from there */
  UDPNAT_PATH_STATE_SUSPECT,    /* was proven; something has been unanswered for too long */
  UDPNAT_PATH_STATE_DEAD,       /* was proven; silent for so long that it is not used any more */
  UDPNAT_PATH_STATE_UNANSWERED, /* a run has ended without proof */
  UDPNAT_PATH_STATE_IDLE,       /* was proven; let go because nobody was talking */
} UdpnatPathState;

/* Where we have the address from. */
typedef enum
{
  UDPNAT_PATH_ORIGIN_LISTED = 1 << 0,  /* in the peer's latest CANDIDATES */
  UDPNAT_PATH_ORIGIN_CACHED = 1 << 1,  /* from a LAN beacon or an earlier conversation */
  UDPNAT_PATH_ORIGIN_LEARNED = 1 << 2, /* an authenticated packet came from there */
} UdpnatPathOrigin;

typedef struct
{
  guint64 token;
  gint64  sent_us; /* UDPNAT_TIME_NEVER: empty */
} UdpnatPathToken;

typedef struct
{
  UdpnatSocketId   socket;
  UdpnatAddress    address;
  UdpnatPathState  state;
  UdpnatPathOrigin origin;
  gboolean         was_proven;
  gboolean         was_searched; /* a search for a port has found it */
  gboolean         is_unlisted;  /* the peer has named it, and does not any more */
  gboolean         is_retiring;  /* another of its class is better, whatever the round trips */
  gboolean         was_heard; /* an authenticated packet came from there */
  guint            n_hearsay; /* packets sent on the peer's word alone */

  /* The run of probes before proof */
  gint64 run_start_us;
  gint64 hold_us;    /* so much later come the challenges */
  gint64 give_up_us; /* UDPNAT_TIME_NEVER: not in a run */
  guint  step;       /* the next one to send */
  guint  n_sent;

  /* Proof */
  UdpnatPathToken tokens[UDPNAT_PATH_TOKENS_MAX]; /* a ring */
  guint           next_token;
  gint64          rtt_us;        /* smoothed; 0: unknown */
  gint64          latest_rtt_us; /* the last one, as it was */
  UdpnatAddress   seen_as;   /* as whom the peer sees us by it; unset: not known */
  gint64          last_heard_us;
  gint64          proven_us; /* the last one */
  gint64          last_challenge_us;

  /* Keeping it */
  gint64 check_us;           /* next challenge of a chosen path, else UDPNAT_TIME_NEVER */
  gint64 challenge_since_us; /* oldest unanswered challenge since the last answer */
  gint64 data_since_us;      /* since when data is unanswered, told by the owner */
  gint64 suspect_us;         /* when it became suspect */
  guint  suspect_step;
  gboolean is_doubted; /* suspect until it answers, whatever else is heard */
} UdpnatPath;

UdpnatPath *udpnat_path_new               (UdpnatSocketId       socket,
                                           const UdpnatAddress *address);
void        udpnat_path_free              (UdpnatPath          *self);

void        udpnat_path_begin_run         (UdpnatPath          *self,
                                           gint64               start_us,
                                           gint64               give_up_us,
                                           gint64               hold_us);
void        udpnat_path_skip_open         (UdpnatPath          *self);
void        udpnat_path_release           (UdpnatPath          *self);
void        udpnat_path_forget            (UdpnatPath          *self);
void        udpnat_path_let_go            (UdpnatPath          *self);
void        udpnat_path_challenge         (UdpnatPath          *self,
                                           gint64               now_us,
                                           UdpnatPathQueue     *queue);

void        udpnat_path_doubt             (UdpnatPath          *self,
                                           gint64               now_us,
                                           UdpnatPathQueue     *queue);

void        udpnat_path_handle_challenged (UdpnatPath          *self,
                                           gint64               now_us,
                                           UdpnatPathQueue     *queue);
gboolean    udpnat_path_handle_response   (UdpnatPath          *self,
                                           gint64               now_us,
                                           guint64              token);
void        udpnat_path_handle_heard      (UdpnatPath          *self,
                                           gint64               now_us);
void        udpnat_path_note_unanswered   (UdpnatPath          *self,
                                           gint64               now_us,
                                           gint64               since_us);

gint64      udpnat_path_next_deadline     (const UdpnatPath    *self);
void        udpnat_path_handle_deadline   (UdpnatPath          *self,
                                           gint64               now_us,
                                           UdpnatPathQueue     *queue);

/* Whether it is being tried and the end is open. */
static inline gboolean
udpnat_path_is_running (const UdpnatPath *self)
{
  return self->give_up_us != UDPNAT_TIME_NEVER;
}

static inline gboolean
udpnat_path_has_proof (const UdpnatPath *self)
{
  return self->state == UDPNAT_PATH_STATE_PROVEN || self->state == UDPNAT_PATH_STATE_SUSPECT;
}

G_END_DECLS
