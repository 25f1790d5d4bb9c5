#pragma once

#include "udpnat-application.h"
#include "udpnat-background.h"
#include "udpnat-host.h"
#include "udpnat-notifications.h"
#include "udpnat-unread.h"
#include "udpnat-window.h"

G_BEGIN_DECLS

struct _UdpnatApplication
{
  AdwApplication            parent_instance;

  UdpnatApplicationOptions *options;
  GSettings                *settings;
  UdpnatClient             *client;     /* nullable: the profile is not open */
  UdpnatUnread             *unread;     /* nullable, as client */
  UdpnatNotifications      *notifications; /* nullable, as client */
  UdpnatBackground         *background; /* nullable: before the start-up */
  UdpnatHost               *host;       /* nullable: the server that was started with the program */
  gboolean                  is_opening; /* the profile, in a worker */
  gboolean                  is_started; /* logged in: there are chats to show */

  /* What was asked for before there were chats */
  char                     *pending_key;   /* nullable: whose conversation is to be opened */
  GPtrArray                *pending_links;

  /* Leaving */
  guint                     leave_id;      /* 0: we are not */
  gint64                    leave_by_us;
  GtkWidget                *leave_dialog;  /* nullable: we ask whether we are to */
  gboolean                  has_left;
};

UdpnatWindow *udpnat_application_find_window   (UdpnatApplication *self);
UdpnatWindow *udpnat_application_ensure_window (UdpnatApplication *self);
UdpnatWindow *udpnat_application_demand_window (UdpnatApplication *self);
void          udpnat_application_show          (UdpnatApplication *self);
void          udpnat_application_show_pending  (UdpnatApplication *self);
void          udpnat_application_take_client   (UdpnatApplication *self,
                                                UdpnatClient      *client);
void          udpnat_application_close_profile (UdpnatApplication *self);
void          udpnat_application_change_passphrase (UdpnatApplication *self,
                                                const char        *old_passphrase,
                                                const char        *new_passphrase,
                                                gboolean           is_remembered);
void          udpnat_application_use_server    (UdpnatApplication *self,
                                                const char        *server);
void          udpnat_application_host          (UdpnatApplication *self);
GtkWidget    *udpnat_application_show_host     (UdpnatApplication *self);
void          udpnat_application_close_windows (UdpnatApplication *self);
void          udpnat_application_add_actions   (UdpnatApplication *self);
void          udpnat_application_add_windows   (UdpnatApplication *self);
void          udpnat_application_watch_windows (UdpnatApplication *self);
void          udpnat_application_open_key      (UdpnatApplication *self,
                                                const char        *key_text);
void          udpnat_application_open_link     (UdpnatApplication *self,
                                                const char        *link);
void          udpnat_application_stay          (UdpnatApplication *self);
void          udpnat_application_say_goodbye   (UdpnatApplication *self);

G_END_DECLS
