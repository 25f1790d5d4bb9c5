#pragma once

#include "udpnat-fleet-directory.h"

G_BEGIN_DECLS

#define UDPNAT_FLEET_HEX_BYTES (2 * UDPNAT_KEY_BYTES + 1)

/* The directory's parts see each other here:
 *
 *   udpnat-fleet-directory.c  life, names, questions, letters
 *   udpnat-fleet-access.c     whom the operators let in and keep out
 *   udpnat-fleet-homes.c      who is registered here, kept true in the directory
 *   udpnat-fleet-nodes.c      which servers live, and where clients reach them
 *   udpnat-fleet-presence.c   who has come to the other servers, and who has left them */

typedef struct _UdpnatFleetAccess UdpnatFleetAccess;
typedef struct _UdpnatFleetHomes UdpnatFleetHomes;
typedef struct _UdpnatFleetNodes UdpnatFleetNodes;
typedef struct _UdpnatFleetPresence UdpnatFleetPresence;

struct _UdpnatFleetDirectory
{
  UdpnatRedis      *redis;
  char              node[UDPNAT_FLEET_HEX_BYTES]; /* our key */
  char             *place;
  UdpnatFleetHomes *homes;
  UdpnatFleetNodes *nodes;
  UdpnatFleetPresence *presence;
  UdpnatFleetAccess *access; /* nullable: nobody obeys */
  GPtrArray        *untold_names; /* nullable: "key name": ours, which it may have lost */
  guint             names_id;
  gboolean          is_stopped;
  UdpnatFleetStatus status; /* its nodes are kept up to date, and its counts */

  UdpnatFleetDirectoryFunc func; /* the machine has been told something */
  gpointer                 user_data;

  /* borrowed */
  UdpnatRendezvousServer *server;
  UdpnatServerDisk       *disk;
  UdpnatNameStore        *names;
  UdpnatAccessStore      *access_store; /* with @access */
};

/* udpnat-fleet-directory.c */
void     udpnat_fleet_write_hex    (const UdpnatPublicKey *key,
                                    char                  *out_hex);
gboolean udpnat_fleet_read_hex     (const char            *hex,
                                    UdpnatPublicKey       *out_key);
void     udpnat_fleet_read_home    (const char            *text,
                                    UdpnatServerAnswer    *out_answer);
char    *udpnat_fleet_dup_name_word (const char           *name);
char    *udpnat_fleet_dup_key_word (const UdpnatPublicKey *key,
                                    const char            *what);
void     udpnat_fleet_directory_note_mail (UdpnatFleetDirectory   *self,
                                           const UdpnatPublicKey  *key,
                                           const UdpnatRedisReply *nodes);

/* udpnat-fleet-access.c */
UdpnatFleetAccess *udpnat_fleet_access_new  (UdpnatFleetDirectory  *directory,
                                             UdpnatFleetRulingFunc  func,
                                             gpointer               user_data);
void              udpnat_fleet_access_free  (UdpnatFleetAccess     *self);
void              udpnat_fleet_access_look  (UdpnatFleetAccess     *self);
gboolean          udpnat_fleet_access_tell  (UdpnatFleetAccess     *self,
                                             const UdpnatServerRuling *ruling);
void              udpnat_fleet_access_repeat (UdpnatFleetAccess    *self);

/* udpnat-fleet-homes.c */
UdpnatFleetHomes *udpnat_fleet_homes_new    (UdpnatFleetDirectory  *directory);
void              udpnat_fleet_homes_free   (UdpnatFleetHomes      *self);
void              udpnat_fleet_homes_add    (UdpnatFleetHomes      *self,
                                             const UdpnatPublicKey *key,
                                             const char            *name,
                                             gboolean               is_shown);
void              udpnat_fleet_homes_remove (UdpnatFleetHomes      *self,
                                             const UdpnatPublicKey *key);
void              udpnat_fleet_homes_renew_all (UdpnatFleetHomes   *self);

/* udpnat-fleet-nodes.c */
UdpnatFleetNodes *udpnat_fleet_nodes_new    (UdpnatFleetDirectory  *directory);
void              udpnat_fleet_nodes_free   (UdpnatFleetNodes      *self);
void              udpnat_fleet_nodes_beat   (UdpnatFleetNodes      *self);
void              udpnat_fleet_nodes_leave  (UdpnatFleetNodes      *self);

/* udpnat-fleet-presence.c */
UdpnatFleetPresence *udpnat_fleet_presence_new (UdpnatFleetDirectory *directory);
void              udpnat_fleet_presence_free (UdpnatFleetPresence  *self);
void              udpnat_fleet_presence_ask  (UdpnatFleetPresence  *self,
                                              const UdpnatPublicKey *key);
void              udpnat_fleet_presence_tell (UdpnatFleetPresence  *self,
                                              const UdpnatPublicKey *key);

G_END_DECLS
