#pragma once

#include "udpnat-fleet-message.h"
#include "udpnat-mail-message.h"
#include "udpnat-rendezvous-server-private.h"
#include "udpnat-server-fleet.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_SERVER_QUESTION_LOOKUP, /* @name or, if it is known whose that is, @key; @request */
  UDPNAT_SERVER_QUESTION_DIAL,   /* @key is not here: is it elsewhere? */
  UDPNAT_SERVER_QUESTION_CALL,   /* @asker, a guest, dials @to with @data: what is it called? */
  UDPNAT_SERVER_QUESTION_PUT,    /* @data is a letter for @key, with @pass; @request */
} UdpnatServerQuestionKind;

/**
 * UdpnatServerQuestion:
 * @asker: whom the answer is for: a key, since its session may be another one by then
 * @name: (nullable): owned
 * @data: (nullable): owned
 *
 * What the directory has been asked.
 */
typedef struct
{
  guint64                  number;
  UdpnatServerQuestionKind kind;
  UdpnatPublicKey          asker;
  guint32                  request;
  char                    *name;
  UdpnatPublicKey          key;
  UdpnatPublicKey          to;
  guint8                   pass[UDPNAT_MAIL_PASS_BYTES];
  GBytes                  *data;
  gint64                   deadline_us;
  GList                    link;
} UdpnatServerQuestion;

typedef struct
{
  UdpnatFleetNode node;
  guint           load; /* what it has said, and whom we have sent there since */
} UdpnatServerFleetNode;

/* People whom somebody here watches, and what is known of where they are. */
typedef struct _UdpnatServerElsewheres UdpnatServerElsewheres;

struct _UdpnatServerFleet
{
  guint       watch_s;
  gboolean    is_up; /* the directory can be asked */
  GArray     *nodes; /* of UdpnatServerFleetNode: the others */
  GHashTable *questions; /* number (in the question) -> UdpnatServerQuestion, owned */
  GQueue      waiting;   /* of these, oldest first */
  guint64     last_number;

  UdpnatServerElsewheres *elsewheres;

  gint64  tell_us; /* when the next ones are told which servers there are; NEVER: all know */
  guint32 told;    /* identities up to this one have been */
  gint64  drain_us; /* when the next ones are sent away; NEVER: none are */
  guint32 drained;  /* identities up to this one have been */
  gboolean is_draining;
};

/* udpnat-server-fleet.c */
void     udpnat_server_fleet_free           (UdpnatServerFleet          *self);
const UdpnatFleetNode *
         udpnat_server_fleet_find_node      (const UdpnatServerFleet    *self,
                                             const UdpnatPublicKey      *key);
gboolean udpnat_server_fleet_can_ask        (const UdpnatRendezvousServer *self);
gboolean udpnat_server_fleet_take_ask       (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *asker);
gboolean udpnat_server_fleet_is_asked       (const UdpnatRendezvousServer *self,
                                             const UdpnatServerIdentity *from,
                                             guint32                     request);
void     udpnat_server_fleet_ask_lookup     (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *from,
                                             guint32                     request,
                                             const char                 *name,
                                             const UdpnatPublicKey      *key);
void     udpnat_server_fleet_ask_dial       (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *from,
                                             const UdpnatPublicKey      *key);
void     udpnat_server_fleet_ask_call       (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *from,
                                             const UdpnatPublicKey      *to,
                                             const guint8               *inner,
                                             gsize                       n_inner);
void     udpnat_server_fleet_ask_put        (UdpnatServerClient         *client,
                                             gint64                      now_us,
                                             const UdpnatMailPut        *put);
gboolean udpnat_server_fleet_send_elsewhere (UdpnatServerClient         *client,
                                             gboolean                    is_moved);
gint64   udpnat_server_fleet_deadline       (const UdpnatRendezvousServer *self);
void     udpnat_server_keep_fleet           (UdpnatRendezvousServer     *self,
                                             gint64                      now_us);

/* udpnat-server-fleet-answer.c */
void     udpnat_server_fleet_settle         (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             const UdpnatServerQuestion *question,
                                             const UdpnatServerAnswer   *answer);
void     udpnat_server_fleet_reply          (UdpnatServerClient         *client,
                                             const GByteArray           *message);
void     udpnat_server_fleet_note_registered (UdpnatServerClient        *client);
void     udpnat_server_fleet_tell_nodes     (UdpnatServerClient         *client);
void     udpnat_server_fleet_note_letters   (UdpnatRendezvousServer     *self,
                                             const UdpnatPublicKey      *key);

/* What had to wait for an answer goes on in udpnat-server-control.c, -relay.c and -mail.c. */
void     udpnat_server_fail_dial            (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *from,
                                             const UdpnatPublicKey      *key,
                                             guint8                      code);
void     udpnat_server_forward_call         (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             UdpnatServerIdentity       *from,
                                             const UdpnatPublicKey      *key,
                                             const char                 *name,
                                             const guint8               *inner,
                                             gsize                       n_inner);
void     udpnat_server_mail_put_known       (UdpnatServerClient         *self,
                                             gint64                      now_us,
                                             const UdpnatMailPut        *put,
                                             gboolean                    is_known,
                                             gboolean                    has_pass,
                                             gboolean                    is_later);

/* udpnat-server-elsewhere.c */
UdpnatServerElsewheres *
         udpnat_server_elsewheres_new       (void) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_server_elsewheres_free      (UdpnatServerElsewheres     *self);
guint    udpnat_server_elsewheres_count     (const UdpnatServerElsewheres *self);
gint64   udpnat_server_elsewheres_deadline  (const UdpnatServerElsewheres *self);
void     udpnat_server_keep_elsewheres      (UdpnatRendezvousServer     *self,
                                             gint64                      now_us);
void     udpnat_server_watch_elsewhere      (UdpnatRendezvousServer     *self,
                                             gint64                      now_us,
                                             const UdpnatPublicKey      *key);
void     udpnat_server_unwatch_elsewhere    (const UdpnatPublicKey      *key,
                                             gpointer                    user_data);
gboolean udpnat_server_fill_elsewhere       (const UdpnatRendezvousServer *self,
                                             const UdpnatPublicKey      *key,
                                             UdpnatDirectoryEntry       *out_entry);
void     udpnat_server_note_nodes           (UdpnatRendezvousServer     *self,
                                             gint64                      now_us);

G_END_DECLS
