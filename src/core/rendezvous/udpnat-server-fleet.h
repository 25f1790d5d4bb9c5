#pragma once

#include "udpnat-rendezvous-server.h"

G_BEGIN_DECLS

/* A server that is one of several with a directory in common (PROTOCOL.md section 20). What it has
 * to ask the directory it says in events; here it is told. */

/* Load of a server that is to be stopped: nobody is sent there. */
#define UDPNAT_SERVER_NODE_FULL G_MAXUINT

/**
 * UdpnatServerNode:
 * @place: "host" or "host:port", where clients reach it
 * @load: how many are registered there, or %UDPNAT_SERVER_NODE_FULL
 *
 * Another server of the fleet, as the directory has it.
 */
typedef struct
{
  UdpnatPublicKey key;
  const char     *place;
  guint           load;
} UdpnatServerNode;

typedef enum
{
  UDPNAT_SERVER_ANSWER_FOUND,
  UDPNAT_SERVER_ANSWER_UNKNOWN, /* nobody */
  UDPNAT_SERVER_ANSWER_LATER,   /* the directory does not say */
} UdpnatServerAnswerResult;

/**
 * UdpnatServerAnswer:
 * @key: whose the name is
 * @name: (nullable): by which that key is known
 * @has_home: it is registered somewhere now
 * @home: the key of the server where; may be our own
 * @is_shown: whether everybody may know
 * @has_pass: the pass that was asked for is one of those that the key accepts
 *
 * What the directory says about a name or a key.
 */
typedef struct
{
  UdpnatServerAnswerResult result;
  UdpnatPublicKey          key;
  const char              *name;
  gboolean                 has_home;
  UdpnatPublicKey          home;
  gboolean                 is_shown;
  gboolean                 has_pass;
} UdpnatServerAnswer;

void     udpnat_rendezvous_server_join_fleet   (UdpnatRendezvousServer   *self,
                                                guint                     watch_s);
void     udpnat_rendezvous_server_set_directory (UdpnatRendezvousServer  *self,
                                                gboolean                  is_up);
void     udpnat_rendezvous_server_set_nodes    (UdpnatRendezvousServer   *self,
                                                gint64                    now_us,
                                                const UdpnatServerNode   *nodes,
                                                guint                     n_nodes);
void     udpnat_rendezvous_server_answer       (UdpnatRendezvousServer   *self,
                                                gint64                    now_us,
                                                guint64                   number,
                                                const UdpnatServerAnswer *answer);
void     udpnat_rendezvous_server_note_presence (UdpnatRendezvousServer  *self,
                                                gint64                    now_us,
                                                const UdpnatServerAnswer *answer);
void     udpnat_rendezvous_server_note_changed (UdpnatRendezvousServer   *self,
                                                gint64                    now_us,
                                                const UdpnatPublicKey    *key);
void     udpnat_rendezvous_server_note_replaced (UdpnatRendezvousServer  *self,
                                                gint64                    now_us,
                                                const UdpnatPublicKey    *key);
void     udpnat_rendezvous_server_tell_mail_at (UdpnatRendezvousServer   *self,
                                                gint64                    now_us,
                                                const UdpnatPublicKey    *key,
                                                const UdpnatPublicKey    *node);
void     udpnat_rendezvous_server_repeat_mail  (UdpnatRendezvousServer   *self);
void     udpnat_rendezvous_server_drain        (UdpnatRendezvousServer   *self,
                                                gint64                    now_us);
gboolean udpnat_rendezvous_server_is_draining (const UdpnatRendezvousServer *self);
gboolean udpnat_rendezvous_server_is_drained   (const UdpnatRendezvousServer *self);

G_END_DECLS
