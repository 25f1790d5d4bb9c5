#pragma once

#include "udpnat-client.h"
#include "udpnat-client-abroad-private.h"
#include "udpnat-client-files-private.h"
#include "udpnat-client-fleet-private.h"
#include "udpnat-client-lan-private.h"
#include "udpnat-client-mapping-private.h"
#include "udpnat-client-signal-private.h"
#include "udpnat-lan.h"
#include "udpnat-machine-source.h"
#include "udpnat-multicast.h"
#include "udpnat-node.h"
#include "udpnat-person-private.h"
#include "udpnat-profile.h"
#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"
#include "udpnat-surroundings.h"
#include "udpnat-tunnel-dialer.h"

G_BEGIN_DECLS

/* The client's parts see each other here and nowhere else:
 *
 *   udpnat-client.c          class, profile, socket, how things stand
 *   udpnat-client-server.c   which server, and under which name
 *   udpnat-client-fleet.c    which others do as well as that server
 *   udpnat-client-lan.c      people on this network, without a server
 *   udpnat-client-mapping.c  a port that our router keeps open
 *   udpnat-client-abroad.c   people at other servers
 *   udpnat-client-nat64.c    IPv4 where there is none
 *   udpnat-client-events.c   what the node tells
 *   udpnat-client-network.c  how one is connected
 *   udpnat-client-directory.c  who else is at the server
 *   udpnat-client-people.c   who is who, and what they are to us
 *   udpnat-client-items.c    what is said: to disk, then to the node; and the reverse
 *   udpnat-client-files.c    files on their way; -sending.c and -receiving.c: either way
 *   udpnat-client-history.c  what was said
 *   udpnat-client-export.c   the same, to a file
 *   udpnat-client-profile.c  what we tell of ourselves, settings, one-time keys */

struct _UdpnatClient
{
  GObject        parent_instance;

  UdpnatProfile *profile;
  UdpnatStore   *store;
  UdpnatNode    *node;
  UdpnatSocket  *socket;
  UdpnatTunnelDialer *tunnel; /* to the server, where UDP does not pass */
  GSource       *source; /* drives the node on both */
  guint          n_pending; /* of what is said and heard, on its way to the disk */
  UdpnatClientFiles files;
  gboolean       is_closing;
  gboolean       is_backing_up;

  char          *name;   /* nullable */
  char          *server; /* nullable: "host:port" as given */
  char          *noted_server;    /* nullable: which would be it, if we went to one */
  char          *server_host;     /* nullable: of @server */
  guint16        server_port;
  UdpnatClientFleet fleet; /* servers that do as well, and which of them we go to */
  GArray        *server_addresses; /* nullable: of UdpnatAddress: all that its name has */
  guint          n_addresses_tried; /* of these, the one that we are at included */
  UdpnatAddress  server_address;  /* not set while that is not known; a tunnel: to a proxy only */
  UdpnatServerState server_state;
  gboolean       is_invitation_shown; /* to the server: it is to be dropped when it is used */
  char          *server_code;     /* nullable: of REFUSED, NOT_FOUND; the key of KEY_CHANGED */
  gint64         server_since_us; /* monotonic: of the state */
  GSource       *resolve_source;  /* nullable: asks for the server's address again */
  guint          n_resolves;      /* that found nothing, in a row */
  char          *resolve_error;   /* nullable: not told until that is known */
  GSource       *proxy_source;    /* nullable: sees whether a proxy may know it */
  char          *bound_ip; /* nullable */
  gboolean       is_logged_in; /* by our wish: we are @name */
  UdpnatLan     *lan;
  gboolean       is_lan_wanted; /* what the settings say */
  UdpnatLanState lan_state;
  UdpnatMulticast *multicast;   /* nullable: open while we are found on this network */
  GSource       *lan_source;    /* nullable: drives @lan on it */
  UdpnatPortMapper *mapper;     /* nullable: while a port is wanted of our router */
  gboolean       is_mapping_over; /* we are leaving */
  UdpnatNat64Prefix nat64;      /* n_bits 0: none */
  GCancellable  *nat64_cancellable; /* nullable: of the question for it */
  GCancellable  *abroad_cancellable; /* of those for other people's servers */
  GProxyResolver *proxy;        /* nullable: to be asked instead of the system */
  gboolean       is_away;
  UdpnatPerson  *me;     /* note to self */
  GListStore    *people;
  GHashTable    *people_by_key; /* borrowed UdpnatPerson by key text */
  GHashTable    *removed_people; /* GWeakRef of those not listed any more, by key text */
  GHashTable    *lookups;       /* GTask by the node's request */
  GHashTable    *own_prekeys;   /* how many (GUINT) each key text has been given and not used */
  GPtrArray     *untold_people; /* nullable: are to hear how things stand with the server */
  GSource       *tell_source;   /* nullable: tells them */
  GCancellable  *cancellable;   /* of the name resolution under way */
  UdpnatSurroundings *surroundings; /* nullable: tells when we may be somewhere else */
};

/* udpnat-client.c */
void          udpnat_client_emit            (UdpnatClient          *self,
                                             UdpnatClientSignal     signal,
                                             ...);
void          udpnat_client_wake            (UdpnatClient          *self);
void          udpnat_client_take_name       (UdpnatClient          *self,
                                             const char            *name);
void          udpnat_client_notify_server   (UdpnatClient          *self);
void          udpnat_client_notify_lan      (UdpnatClient          *self);
void          udpnat_client_notify_directory (UdpnatClient         *self);

/* udpnat-client-server.c */
void          udpnat_client_remember_server (UdpnatClient          *self,
                                             const UdpnatPublicKey *key);
void          udpnat_client_show_invitation (UdpnatClient         *self);
void          udpnat_client_drop_invitation (UdpnatClient         *self);
void          udpnat_client_set_server_state (UdpnatClient         *self,
                                             UdpnatServerState      state,
                                             const char            *code);
void          udpnat_client_go_to_server    (UdpnatClient          *self);
void          udpnat_client_handle_network_change (UdpnatClient    *self);
void          udpnat_client_reconnect_translated (UdpnatClient     *self);
void          udpnat_client_clear_server    (UdpnatClient          *self);
gboolean      udpnat_client_pick_address    (UdpnatClient          *self,
                                             GList                 *found,
                                             guint16                port,
                                             UdpnatAddress         *out_address);
gboolean      udpnat_client_has_lost_server (UdpnatClient          *self);
void          udpnat_client_stop_telling_people (UdpnatClient      *self);

/* udpnat-client-events.c */
guint         udpnat_client_handle_events   (UdpnatClient          *self,
                                             guint                  n_max);

/* udpnat-client-people.c */
void          udpnat_client_restore_people  (UdpnatClient          *self);
UdpnatPerson *udpnat_client_ensure_person   (UdpnatClient          *self,
                                             const UdpnatPublicKey *key,
                                             const char            *name);
void          udpnat_client_reload_person   (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_save_contact    (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             UdpnatContact         *contact);
gboolean      udpnat_client_accept_unasked  (UdpnatClient          *self,
                                             UdpnatPerson          *person);
gboolean      udpnat_client_take_in         (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_handle_presence (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_new_key  (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_found    (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event);

/* udpnat-client-items.c */
void          udpnat_client_restore_outbox  (UdpnatClient          *self);
void          udpnat_client_restore_waiting (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_put             (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             UdpnatItem            *item,
                                             const UdpnatPrekey    *secrets,
                                             guint                  n_secrets);
void          udpnat_client_receive         (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_note_state      (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event,
                                             UdpnatItemState        state);
void          udpnat_client_note_read       (UdpnatClient          *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_tell_removed    (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             gint64                 number);
UdpnatMessageId udpnat_client_make_id       (void);
void          udpnat_client_tell_put        (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             const UdpnatItem      *item,
                                             UdpnatHistoryItem     *line);

/* udpnat-client-profile.c */
void          udpnat_client_restore_prekeys (UdpnatClient          *self);
void          udpnat_client_top_up_prekeys  (UdpnatClient          *self);
void          udpnat_client_introduce       (UdpnatClient          *self,
                                             UdpnatPerson          *person);
void          udpnat_client_take_prekeys    (UdpnatClient          *self,
                                             UdpnatPerson          *person,
                                             const UdpnatItem      *item);
void          udpnat_client_handle_prekey_taken (UdpnatClient      *self,
                                             const UdpnatNodeEvent *event);
void          udpnat_client_handle_prekey_used (UdpnatClient       *self,
                                             const UdpnatNodeEvent *event);
gboolean      udpnat_client_is_set          (UdpnatClient          *self,
                                             const char            *setting,
                                             const char            *value);
void          udpnat_client_apply_settings  (UdpnatClient          *self);

G_END_DECLS
