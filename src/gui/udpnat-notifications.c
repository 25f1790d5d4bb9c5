/* What is told to somebody who is not looking, and when not to. */

#include "config.h"

#include "udpnat-notifications.h"

#include <glib/gi18n.h>

#include "udpnat-portal-notification.h"
#include "udpnat-quiet-hours.h"
#include "udpnat-settings.h"
#include "udpnat-status-words.h"
#include "udpnat-transfer.h"

struct _UdpnatNotifications
{
  GObject                     parent_instance;

  GSettings                  *settings;
  UdpnatClient               *client;
  UdpnatPortalNotification   *portal; /* nullable: no message bus */
  GHashTable                 *told;   /* key text -> itself: of whom a notification is shown */
  GPtrArray                  *waiting; /* (element-type Waiting): until it is known who tells */
  UdpnatNotificationsIsShown  is_shown;

  /* borrowed */
  GApplication               *application;
  gpointer                    user_data;
};

/* A message that came before the portal has said what it can do */
typedef struct
{
  UdpnatPerson *person;
  char         *title;
  char         *body;
} Waiting;

static guint window_wanted_signal;

G_DEFINE_FINAL_TYPE (UdpnatNotifications, udpnat_notifications, G_TYPE_OBJECT)

/* ---- Out and back ---- */

static gboolean
may_tell (UdpnatNotifications *self,
          UdpnatPerson        *person)
{
  return g_settings_get_boolean (self->settings, "notifications") &&
         !udpnat_quiet_hours_are_now (self->settings) &&
         udpnat_person_get_relation (person) != UDPNAT_RELATION_BLOCKED &&
         !self->is_shown (person, self->user_data);
}

static void
waiting_free (Waiting *waiting)
{
  g_object_unref (waiting->person);
  g_free (waiting->title);
  g_free (waiting->body);
  g_free (waiting);
}

static void
remove_waiting (UdpnatNotifications *self,
                const char          *id)
{
  for (guint i = self->waiting->len; i > 0; i--)
    {
      Waiting *waiting = g_ptr_array_index (self->waiting, i - 1);

      if (g_str_equal (udpnat_person_get_key_text (waiting->person), id))
        g_ptr_array_remove_index (self->waiting, i - 1);
    }
}

static void
add_waiting (UdpnatNotifications *self,
             UdpnatPerson        *person,
             const char          *title,
             const char          *body)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  remove_waiting (self, udpnat_person_get_key_text (person));
  waiting->person = g_object_ref (person);
  waiting->title = g_strdup (title);
  waiting->body = g_strdup (body);
  g_ptr_array_add (self->waiting, waiting);
}

static void
withdraw (UdpnatNotifications *self,
          const char          *id)
{
  remove_waiting (self, id);
  g_application_withdraw_notification (self->application, id);
  if (self->portal != NULL && udpnat_portal_notification_can_reply (self->portal))
    udpnat_portal_notification_withdraw (self->portal, id);
}

static void
unread_changed_cb (UdpnatPerson        *person,
                   GParamSpec          *pspec,
                   UdpnatNotifications *self)
{
  const char *id = udpnat_person_get_key_text (person);

  if (udpnat_person_get_unread (person) > 0 || !g_hash_table_contains (self->told, id))
    return;
  g_signal_handlers_disconnect_by_func (person, unread_changed_cb, self);
  withdraw (self, id);
  g_hash_table_remove (self->told, id);
}

/* From now on we wait for it to be read. */
static void
note_told (UdpnatNotifications *self,
           UdpnatPerson        *person)
{
  char *id = g_strdup (udpnat_person_get_key_text (person));

  if (g_hash_table_add (self->told, id))
    g_signal_connect_object (person, "notify::unread", G_CALLBACK (unread_changed_cb), self, 0);
}

/* The actions of a profile of its own are not found under the program's usual name. */
static const char *
get_prefix (UdpnatNotifications *self)
{
  return g_str_equal (g_application_get_application_id (self->application), UDPNAT_APPLICATION_ID)
           ? "app." : "";
}

static GNotification *
create_notification (UdpnatPerson *person,
                     const char   *title,
                     const char   *body)
{
  GNotification *notification = g_notification_new (title);

  g_notification_set_body (notification, body);
  g_notification_set_default_action_and_target (notification, "app.open-person", "s",
                                                udpnat_person_get_key_text (person));
  return notification;
}

static void
send_message (UdpnatNotifications *self,
              UdpnatPerson        *person,
              const char          *title,
              const char          *body)
{
  const char *id = udpnat_person_get_key_text (person);
  g_autoptr (GNotification) notification = NULL;

  note_told (self, person);
  if (self->portal != NULL && !udpnat_portal_notification_is_known (self->portal))
    {
      add_waiting (self, person, title, body);
      return;
    }
  if (self->portal != NULL && udpnat_portal_notification_can_reply (self->portal))
    {
      udpnat_portal_notification_send (self->portal, id, get_prefix (self), title, body);
      return;
    }
  notification = create_notification (person, title, body);
  g_notification_set_category (notification, "im.received");
  g_notification_add_button_with_target (notification, _("Mark as Read"), "app.mark-read", "s", id);
  g_application_send_notification (self->application, id, notification);
}

/* What there is to look at, but nothing to answer. */
static void
send_news (UdpnatNotifications *self,
           UdpnatPerson        *person,
           const char          *title,
           const char          *body)
{
  g_autoptr (GNotification) notification = create_notification (person, title, body);

  note_told (self, person);
  g_application_send_notification (self->application, udpnat_person_get_key_text (person),
                                   notification);
}

/* ---- What happens ---- */

static char *
dup_body (UdpnatNotifications *self,
          UdpnatPerson        *person,
          UdpnatHistoryItem   *line)
{
  guint n_unread = MAX (udpnat_person_get_unread (person), 1);
  const UdpnatFileOffer *offer = udpnat_history_item_get_offer (line);
  g_autofree char *size = offer != NULL ? g_format_size (offer->size) : NULL;

  if (!g_settings_get_boolean (self->settings, "notification-content"))
    return g_strdup_printf (ngettext ("%u new message", "%u new messages", n_unread), n_unread);
  if (offer == NULL)
    return udpnat_words_preview_line (line);
  /* Translators: what somebody does, in a notification: name and size of a file or folder */
  return g_strdup_printf (_("Offers %s, %s"), offer->name, size);
}

/* In place of what was told before: one thing a person is shown. */
static char *
dup_here (UdpnatNotifications *self,
          UdpnatTransfer      *transfer)
{
  if (g_settings_get_boolean (self->settings, "notification-content"))
    /* Translators: %s is a file that has come */
    return g_strdup_printf (_("%s is here"), udpnat_transfer_get_name (transfer));
  return g_strdup (_("A file is here"));
}

static void
transfer_changed_cb (UdpnatClient        *client,
                     UdpnatPerson        *person,
                     UdpnatTransfer      *transfer,
                     UdpnatNotifications *self)
{
  g_autofree char *body = NULL;

  if (udpnat_transfer_is_outgoing (transfer) || udpnat_person_is_muted (person) ||
      udpnat_transfer_get_state (transfer) != UDPNAT_TRANSFER_STATE_DONE ||
      !may_tell (self, person))
    return;
  body = dup_here (self, transfer);
  send_news (self, person, udpnat_person_get_title (person), body);
}

static void
item_added_cb (UdpnatClient        *client,
               UdpnatPerson        *person,
               UdpnatHistoryItem   *line,
               UdpnatNotifications *self)
{
  g_autofree char *body = NULL;

  /* What strangers write is not shown before they are accepted: see request_received_cb(). */
  if (udpnat_history_item_is_outgoing (line) || udpnat_person_is_muted (person) ||
      udpnat_person_get_relation (person) == UDPNAT_RELATION_REQUEST || !may_tell (self, person))
    return;
  body = dup_body (self, person, line);
  send_message (self, person, udpnat_person_get_title (person), body);
}

/* What the other one has taken back is not to stand on the screen any longer. */
static void
item_changed_cb (UdpnatClient        *client,
                 UdpnatPerson        *person,
                 UdpnatHistoryItem   *line,
                 UdpnatNotifications *self)
{
  if (udpnat_history_item_is_deleted (line) &&
      g_hash_table_contains (self->told, udpnat_person_get_key_text (person)))
    withdraw (self, udpnat_person_get_key_text (person));
}

static void
request_received_cb (UdpnatClient        *client,
                     UdpnatPerson        *person,
                     UdpnatNotifications *self)
{
  g_autofree char *title = NULL;

  if (udpnat_person_is_muted (person) || !may_tell (self, person))
    return;
  /* Translators: %s is the name of somebody who writes for the first time */
  title = g_strdup_printf (_("%s wants to write to you"), udpnat_person_get_title (person));
  send_news (self, person, title, _("You decide whether to hear what they say."));
}

static void
key_changed_cb (UdpnatClient        *client,
                UdpnatPerson        *person,
                const char          *key_text,
                UdpnatNotifications *self)
{
  g_autofree char *title = NULL;

  if (!may_tell (self, person))
    return;
  title = g_strdup_printf (_("%s has another key now"), udpnat_person_get_title (person));
  send_news (self, person, title, _("Somebody else may be using their name. Ask them before you "
                                    "go on."));
}

static void
known_cb (UdpnatPortalNotification *portal,
          UdpnatNotifications      *self)
{
  for (guint i = 0; i < self->waiting->len; i++)
    {
      Waiting *waiting = g_ptr_array_index (self->waiting, i);

      send_message (self, waiting->person, waiting->title, waiting->body);
    }
  g_ptr_array_set_size (self->waiting, 0);
}

/* ---- Answers ---- */

/* What was typed must not be lost: when it cannot be sent it waits where it can be seen. */
static void
reply (UdpnatNotifications *self,
       UdpnatPerson        *person,
       const char          *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *title = NULL;

  if (udpnat_client_send (self->client, person, text, NULL, NULL, &error))
    {
      udpnat_client_mark_read (self->client, person);
      return;
    }
  udpnat_client_set_draft (self->client, person, text);
  title = g_strdup_printf (_("Your answer to %s was not sent"), udpnat_person_get_title (person));
  send_news (self, person, title, error->message);
}

static void
action_invoked_cb (UdpnatPortalNotification *portal,
                   const char               *id,
                   const char               *action,
                   const char               *text,
                   const char               *token,
                   UdpnatNotifications      *self)
{
  UdpnatPerson *person = udpnat_client_get_person_by_key (self->client, id);

  if (person == NULL)
    return;
  if (g_str_equal (action, UDPNAT_PORTAL_NOTIFICATION_REPLY) && text != NULL && *text != '\0')
    reply (self, person, text);
  else if (g_str_equal (action, "mark-read"))
    udpnat_client_mark_read (self->client, person);
  else if (g_str_equal (action, "open-person"))
    g_signal_emit (self, window_wanted_signal, 0, id, token);
}

/* ---- Object ---- */

/**
 * udpnat_notifications_close: takes back everything that is shown: nobody would be there for an
 * answer any more, and at the next start all of it can be seen */
void
udpnat_notifications_close (UdpnatNotifications *self)
{
  GHashTableIter iter;
  const char *id;

  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, (gpointer *) &id, NULL))
    if (self->portal != NULL && udpnat_portal_notification_can_reply (self->portal))
      udpnat_portal_notification_withdraw (self->portal, id);
}

static void
udpnat_notifications_dispose (GObject *object)
{
  UdpnatNotifications *self = UDPNAT_NOTIFICATIONS (object);

  if (self->portal != NULL)
    g_object_run_dispose (G_OBJECT (self->portal)); /* an answer may be on its way to it */
  g_clear_object (&self->portal);
  g_clear_object (&self->settings);
  g_clear_object (&self->client);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  G_OBJECT_CLASS (udpnat_notifications_parent_class)->dispose (object);
}

static void
udpnat_notifications_class_init (UdpnatNotificationsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_notifications_dispose;
  window_wanted_signal = g_signal_new ("window-wanted", UDPNAT_TYPE_NOTIFICATIONS,
                                       G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                       G_TYPE_STRING, G_TYPE_STRING);
}

static void
udpnat_notifications_init (UdpnatNotifications *self)
{
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) waiting_free);
}

static void
connect_client (UdpnatNotifications *self)
{
  g_signal_connect_object (self->client, "item-added", G_CALLBACK (item_added_cb), self, 0);
  g_signal_connect_object (self->client, "item-changed", G_CALLBACK (item_changed_cb), self, 0);
  g_signal_connect_object (self->client, "transfer-changed", G_CALLBACK (transfer_changed_cb), self,
                           0);
  g_signal_connect_object (self->client, "request-received", G_CALLBACK (request_received_cb), self,
                           0);
  g_signal_connect_object (self->client, "key-changed", G_CALLBACK (key_changed_cb), self, 0);
}

/** udpnat_notifications_new: @application: outlives it, and is registered */
UdpnatNotifications *
udpnat_notifications_new (GApplication               *application,
                          GSettings                  *settings,
                          UdpnatClient               *client,
                          UdpnatNotificationsIsShown  is_shown,
                          gpointer                    user_data)
{
  UdpnatNotifications *self = g_object_new (UDPNAT_TYPE_NOTIFICATIONS, NULL);
  GDBusConnection *connection = g_application_get_dbus_connection (application);

  self->application = application;
  self->settings = g_object_ref (settings);
  self->client = g_object_ref (client);
  self->is_shown = is_shown;
  self->user_data = user_data;
  connect_client (self);
  if (connection == NULL)
    return self;
  self->portal = udpnat_portal_notification_new (connection);
  g_signal_connect_object (self->portal, "action-invoked", G_CALLBACK (action_invoked_cb), self, 0);
  g_signal_connect_object (self->portal, "known", G_CALLBACK (known_cb), self, 0);
  return self;
}
