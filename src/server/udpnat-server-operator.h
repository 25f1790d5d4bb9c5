#pragma once

#include "udpnat-access-store.h"
#include "udpnat-name-store.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-server-ruling.h"

G_BEGIN_DECLS

/* An order is a word and what belongs to it, with tabs between them. */
#define UDPNAT_SERVER_ORDER_MAX_BYTES 1024

#define UDPNAT_INVITATION_USES_MAX 10000
#define UDPNAT_INVITATION_DAYS_MAX 3650

/**
 * UdpnatServerOperator:
 *
 * What whoever runs a server tells it while it runs: whom to let in, whom to keep out.
 */
typedef struct _UdpnatServerOperator UdpnatServerOperator;

/**
 * UdpnatServerOperatorConfig:
 * @server: borrowed, like all of them
 * @address: (nullable): under which people reach the server, for links
 * @allow_list: (nullable): path of the file with whom to let in
 * @tell: (nullable): to the other servers of a fleet; returns %FALSE when that is not possible now
 * @note: called with a word for programs, a sentence, and (nullable) a name, when something has
 *   been done that the journal should have
 */
typedef struct
{
  UdpnatRendezvousServer *server;
  UdpnatNameStore        *names;
  UdpnatAccessStore      *access;
  UdpnatRandom            random;
  const UdpnatPublicKey  *key;
  const char             *address;
  const char             *allow_list;
  gboolean                is_invited_only;
  gboolean              (*tell) (const UdpnatServerRuling *ruling,
                                 gpointer                  user_data);
  void                  (*note) (const char *event,
                                 const char *message,
                                 const char *name,
                                 gpointer    user_data);
  gpointer                user_data;
} UdpnatServerOperatorConfig;

UdpnatServerOperator *udpnat_server_operator_new  (const UdpnatServerOperatorConfig *config)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_server_operator_free (UdpnatServerOperator             *self);
char                 *udpnat_server_operator_obey (UdpnatServerOperator             *self,
                                                   gint64                            now_us,
                                                   gint64                            wall_us,
                                                   const char                       *order,
                                                   GError                          **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_server_operator_apply (UdpnatServerOperator            *self,
                                                    gint64                           now_us,
                                                    const UdpnatServerRuling        *ruling);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerOperator, udpnat_server_operator_free)

G_END_DECLS
