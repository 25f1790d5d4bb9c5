#pragma once

#include <gio/gio.h>

#include "udpnat-address.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_HOST_STATE_STOPPED,
  UDPNAT_HOST_STATE_STARTING,
  UDPNAT_HOST_STATE_RUNNING, /* our own, started now or by an earlier run */
  UDPNAT_HOST_STATE_JOINED,  /* some other program has the port: it is taken to be a server */
  UDPNAT_HOST_STATE_STOPPING,
} UdpnatHostState;

typedef enum
{
  UDPNAT_HOST_REACH_UNKNOWN, /* the router is being asked, or was not to be asked */
  UDPNAT_HOST_REACH_OUTSIDE, /* see udpnat_host_get_outside() */
  UDPNAT_HOST_REACH_LOCAL,   /* this network only: see udpnat_host_get_reason() */
} UdpnatHostReach;

#define UDPNAT_TYPE_HOST (udpnat_host_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatHost, udpnat_host, UDPNAT, HOST, GObject)

/**
 * UdpnatHost:
 *
 * A server on this machine for the user and friends: `udpnat-server` as a process of its own. It
 * outlives whoever started it for as long as somebody is registered, and ends by itself a minute
 * later. The signal "changed" tells that something below reads differently.
 */

UdpnatHost      *udpnat_host_new          (guint16              port,
                                           const char          *state_dir,
                                           gboolean             may_map) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_host_look         (UdpnatHost          *self);
void             udpnat_host_start_async  (UdpnatHost          *self,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);
gboolean         udpnat_host_start_finish (UdpnatHost          *self,
                                           GAsyncResult        *result,
                                           GError             **error) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_host_stop_async   (UdpnatHost          *self,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data);
gboolean         udpnat_host_stop_finish  (UdpnatHost          *self,
                                           GAsyncResult        *result,
                                           GError             **error) G_GNUC_WARN_UNUSED_RESULT;

UdpnatHostState  udpnat_host_get_state    (UdpnatHost          *self);
gboolean         udpnat_host_is_earlier   (UdpnatHost          *self);
guint16          udpnat_host_get_port     (UdpnatHost          *self);
char            *udpnat_host_dup_local    (UdpnatHost          *self) G_GNUC_WARN_UNUSED_RESULT;
char            *udpnat_host_dup_shared   (const char          *server) G_GNUC_WARN_UNUSED_RESULT;
gboolean         udpnat_host_is_at        (UdpnatHost          *self,
                                           const UdpnatAddress *address);
const char      *udpnat_host_get_key_text (UdpnatHost          *self);
UdpnatHostReach  udpnat_host_get_reach    (UdpnatHost          *self);
const char      *udpnat_host_get_outside  (UdpnatHost          *self);
const char      *udpnat_host_get_protocol (UdpnatHost          *self);
const char      *udpnat_host_get_reason   (UdpnatHost          *self);

G_END_DECLS
