#pragma once

#include "udpnat-path-private.h"

G_BEGIN_DECLS

struct _UdpnatPathSet
{
  UdpnatPathQueue queue;
  UdpnatPath     *paths[UDPNAT_PATHS_MAX];
  guint           n_paths;

  /* borrowed */
  UdpnatPath *selected; /* NULL: relay */

  gint64 selected_us; /* since when */

  UdpnatCandidates local;
  UdpnatCandidates remote;
  gboolean         has_generation; /* @remote has been filled by this session of the peer */
  gboolean         has_session;    /* something authentic of the peer has been seen */

  UdpnatPathReason reason;
  gint64           last_active_us; /* G_MININT64: never */

  gboolean       is_wary; /* a port was spoilt, as it seems, since the last path was chosen */
  UdpnatSocketId further_socket; /* tried besides the main one; UDPNAT_SOCKET_MAIN: none */
  UdpnatAddress  further_address; /* as the server sees it */
  gboolean       is_rotating;    /* and better than the main one, which will die */
  gint64         fresh_us;       /* when to ask for one; UDPNAT_TIME_NEVER: not */

  gint64 next_start_us; /* when the next candidate may get its first packet */
  gint64 search_end_us; /* of a search for a port; UDPNAT_TIME_NEVER: none goes on */
  gint64 retry_us;      /* next round; UDPNAT_TIME_NEVER: none */
  guint  n_retries;

  /* events, each at most once until popped */
  gboolean is_selected_changed;
  gboolean is_reason_changed;
  gboolean is_spoilt;
  gboolean is_hard;
};

/* udpnat-path-table.c */
gboolean         udpnat_path_set_may_try          (const UdpnatPathSet    *self,
                                                   const UdpnatAddress    *address,
                                                   UdpnatPathOrigin        origin);
UdpnatPath      *udpnat_path_set_find             (const UdpnatPathSet    *self,
                                                   UdpnatSocketId          socket,
                                                   const UdpnatAddress    *address);
UdpnatPath      *udpnat_path_set_add              (UdpnatPathSet          *self,
                                                   UdpnatSocketId          socket,
                                                   const UdpnatAddress    *address,
                                                   UdpnatPathOrigin        origin);
void             udpnat_path_set_remove           (UdpnatPathSet          *self,
                                                   UdpnatPath             *path);
gboolean         udpnat_path_set_replace_listed   (UdpnatPathSet          *self,
                                                   const UdpnatCandidates *remote);
gboolean         udpnat_path_set_has_any_proof    (const UdpnatPathSet    *self);

/* udpnat-path-set-sockets.c */
gboolean         udpnat_path_set_is_hard          (const UdpnatPathSet    *self);
void             udpnat_path_set_spread           (UdpnatPathSet          *self);
void             udpnat_path_set_mark_retiring    (UdpnatPathSet          *self);
void             udpnat_path_set_ask_for_socket   (UdpnatPathSet          *self,
                                                   gint64                  now_us);

/* udpnat-path-set-search.c */
gboolean         udpnat_path_set_is_second_hit    (const UdpnatPathSet    *self,
                                                   gint64                  now_us,
                                                   UdpnatSocketId          socket,
                                                   const UdpnatAddress    *from);

/* udpnat-path-punch.c */
void             udpnat_path_set_start_run        (UdpnatPathSet          *self,
                                                   gint64                  now_us,
                                                   UdpnatPath             *path);
void             udpnat_path_set_release_runs     (UdpnatPathSet          *self);
void             udpnat_path_set_start_round      (UdpnatPathSet          *self,
                                                   gint64                  now_us,
                                                   gboolean                restart);
void             udpnat_path_set_schedule_retry   (UdpnatPathSet          *self,
                                                   gint64                  now_us);
void             udpnat_path_set_cancel_retries   (UdpnatPathSet          *self);
UdpnatPathReason udpnat_path_set_get_verdict      (const UdpnatPathSet    *self);

/* udpnat-path-settle.c */
gboolean         udpnat_path_set_has_hope         (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_relay_only    (const UdpnatPathSet    *self);
gint64           udpnat_path_set_get_idle_time    (const UdpnatPathSet    *self);
gboolean         udpnat_path_set_is_due_to_let_go (const UdpnatPathSet    *self);
void             udpnat_path_set_note_session     (UdpnatPathSet          *self,
                                                   gint64                  now_us);
void             udpnat_path_set_set_reason       (UdpnatPathSet          *self,
                                                   UdpnatPathReason        reason);
void             udpnat_path_set_stop             (UdpnatPathSet          *self,
                                                   UdpnatPathReason        reason);
void             udpnat_path_set_let_go           (UdpnatPathSet          *self,
                                                   gint64                  now_us);
void             udpnat_path_set_settle           (UdpnatPathSet          *self,
                                                   gint64                  now_us);

G_END_DECLS
