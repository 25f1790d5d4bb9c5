/* Messages in notifications that can be answered there, by the notification portal. GLib has no API
 * for the purpose of a button, so this speaks D-Bus.
 * https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Notification.html
 *
 * Actions whose names begin with "app." are called on the program's own name on the bus, which
 * starts it if need be; but there GApplication drops what was typed. So the answer is an action
 * that is not exported: it comes as a signal, with the text after whatever else is in it. */

#include "config.h"

#include "udpnat-portal-notification.h"

#include <glib/gi18n.h>

#define BUS_NAME "org.freedesktop.portal.Desktop"
#define OBJECT_PATH "/org/freedesktop/portal/desktop"
#define INTERFACE "org.freedesktop.portal.Notification"
#define PURPOSE_REPLY "im.reply-with-text"
#define CATEGORY_MESSAGE "im.received"
#define VERSION_MIN 2
/* A portal that has to be started first, at the login, answers within a second or two. */
#define ASK_MSEC 10000

struct _UdpnatPortalNotification
{
  GObject          parent_instance;

  GDBusConnection *connection;
  GCancellable    *cancellable;
  guint            subscription;
  gboolean         is_known;
  gboolean         can_reply;
};

static guint action_invoked_signal;
static guint known_signal;

G_DEFINE_FINAL_TYPE (UdpnatPortalNotification, udpnat_portal_notification, G_TYPE_OBJECT)

/* ---- What it can do ---- */

static gboolean
has_word (GVariant   *options,
          const char *option,
          const char *word)
{
  g_autofree const char **words = NULL;

  return g_variant_lookup (options, option, "^a&s", &words) && g_strv_contains (words, word);
}

static gboolean
read_can_reply (GVariant *properties)
{
  g_autoptr (GVariant) options = NULL;
  guint32 version = 0;

  g_variant_lookup (properties, "version", "u", &version);
  options = g_variant_lookup_value (properties, "SupportedOptions", G_VARIANT_TYPE_VARDICT);
  return version >= VERSION_MIN && options != NULL &&
         has_word (options, "button-purpose", PURPOSE_REPLY);
}

static void
properties_cb (GObject      *source,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (UdpnatPortalNotification) self = UDPNAT_PORTAL_NOTIFICATION (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GVariant) properties = NULL;

  answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (answer == NULL)
    {
      g_debug ("No notification portal: %s", error->message);
    }
  else
    {
      properties = g_variant_get_child_value (answer, 0);
      self->can_reply = read_can_reply (properties);
    }
  self->is_known = TRUE;
  g_signal_emit (self, known_signal, 0);
}

/**
 * udpnat_portal_notification_is_known:
 *
 * Returns: whether the portal has said what it can do, or that there is none; at most ten seconds
 *   after udpnat_portal_notification_new(). Then ::known is emitted, once
 */
gboolean
udpnat_portal_notification_is_known (UdpnatPortalNotification *self)
{
  return self->is_known;
}

/** udpnat_portal_notification_can_reply: FALSE as long as it is not known */
gboolean
udpnat_portal_notification_can_reply (UdpnatPortalNotification *self)
{
  return self->can_reply;
}

/* ---- Answers ---- */

/* An array of variants: the target, if there is one (we give none), data of the platform, and what
 * was typed. */
static void
read_parameters (GVariant    *parameters,
                 const char **out_text,
                 const char **out_token)
{
  for (gsize i = 0; i < g_variant_n_children (parameters); i++)
    {
      g_autoptr (GVariant) boxed = g_variant_get_child_value (parameters, i);
      g_autoptr (GVariant) value = g_variant_get_variant (boxed);

      if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        *out_text = g_variant_get_string (value, NULL);
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) &&
               !g_variant_lookup (value, "activation-token", "&s", out_token))
        g_variant_lookup (value, "desktop-startup-id", "&s", out_token);
    }
}

static void
action_invoked_cb (GDBusConnection *connection,
                   const char      *sender,
                   const char      *path,
                   const char      *interface,
                   const char      *signal,
                   GVariant        *arguments,
                   gpointer         user_data)
{
  g_autoptr (UdpnatPortalNotification) self = g_object_ref (user_data);
  g_autoptr (GVariant) parameters = NULL;
  const char *id;
  const char *action;
  const char *text = NULL;
  const char *token = NULL;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(ssav)")))
    return;
  g_variant_get (arguments, "(&s&s@av)", &id, &action, &parameters);
  read_parameters (parameters, &text, &token);
  g_signal_emit (self, action_invoked_signal, 0, id, action, text, token);
}

/* ---- Telling ---- */

static void
add_button (GVariantBuilder *buttons,
            const char      *label,
            const char      *action,
            GVariant        *target,
            const char      *purpose)
{
  GVariantBuilder button;

  g_variant_builder_init (&button, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&button, "{sv}", "label", g_variant_new_string (label));
  g_variant_builder_add (&button, "{sv}", "action", g_variant_new_string (action));
  if (target != NULL)
    g_variant_builder_add (&button, "{sv}", "target", target);
  if (purpose != NULL)
    g_variant_builder_add (&button, "{sv}", "purpose", g_variant_new_string (purpose));
  g_variant_builder_add (buttons, "a{sv}", &button);
}

static GVariant *
create_buttons (const char *id,
                const char *prefix)
{
  g_autofree char *mark_read = g_strconcat (prefix, "mark-read", NULL);
  GVariantBuilder buttons;

  g_variant_builder_init (&buttons, G_VARIANT_TYPE ("aa{sv}"));
  add_button (&buttons, _("Reply"), UDPNAT_PORTAL_NOTIFICATION_REPLY, NULL, PURPOSE_REPLY);
  add_button (&buttons, _("Mark as Read"), mark_read, g_variant_new_string (id), NULL);
  return g_variant_builder_end (&buttons);
}

static void
sent_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = NULL;

  answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (answer == NULL)
    g_warning ("The notification portal does not take a notification: %s", error->message);
}

/**
 * udpnat_portal_notification_send:
 * @id: of the notification, and target of its actions
 * @prefix: of its actions: "app." when they are exported under the name of the program, or ""
 *
 * Tells of a message. What was told under the same @id is replaced.
 */
void
udpnat_portal_notification_send (UdpnatPortalNotification *self,
                                 const char               *id,
                                 const char               *prefix,
                                 const char               *title,
                                 const char               *body)
{
  static const char *const hints[] = { "show-as-new", "hide-content-on-lockscreen", NULL };
  g_autofree char *open_person = g_strconcat (prefix, "open-person", NULL);
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "title", g_variant_new_string (title));
  g_variant_builder_add (&dict, "{sv}", "body", g_variant_new_string (body));
  g_variant_builder_add (&dict, "{sv}", "category", g_variant_new_string (CATEGORY_MESSAGE));
  g_variant_builder_add (&dict, "{sv}", "default-action", g_variant_new_string (open_person));
  g_variant_builder_add (&dict, "{sv}", "default-action-target", g_variant_new_string (id));
  g_variant_builder_add (&dict, "{sv}", "buttons", create_buttons (id, prefix));
  g_variant_builder_add (&dict, "{sv}", "display-hint", g_variant_new_strv (hints, -1));
  g_dbus_connection_call (self->connection, BUS_NAME, OBJECT_PATH, INTERFACE, "AddNotification",
                          g_variant_new ("(sa{sv})", id, &dict), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                          NULL, sent_cb, NULL);
}

void
udpnat_portal_notification_withdraw (UdpnatPortalNotification *self,
                                     const char               *id)
{
  g_dbus_connection_call (self->connection, BUS_NAME, OBJECT_PATH, INTERFACE, "RemoveNotification",
                          g_variant_new ("(s)", id), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, -1,
                          NULL, NULL, NULL);
}

/* ---- Object ---- */

static void
udpnat_portal_notification_dispose (GObject *object)
{
  UdpnatPortalNotification *self = UDPNAT_PORTAL_NOTIFICATION (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  self->subscription = 0;
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (udpnat_portal_notification_parent_class)->dispose (object);
}

static void
udpnat_portal_notification_class_init (UdpnatPortalNotificationClass *klass)
{
  GType text = G_TYPE_STRING;

  G_OBJECT_CLASS (klass)->dispose = udpnat_portal_notification_dispose;
  action_invoked_signal = g_signal_new ("action-invoked", UDPNAT_TYPE_PORTAL_NOTIFICATION,
                                        G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 4,
                                        text, text, text, text);
  known_signal = g_signal_new ("known", UDPNAT_TYPE_PORTAL_NOTIFICATION, G_SIGNAL_RUN_LAST, 0, NULL,
                               NULL, NULL, G_TYPE_NONE, 0);
}

static void
udpnat_portal_notification_init (UdpnatPortalNotification *self)
{
  self->cancellable = g_cancellable_new ();
}

/** udpnat_portal_notification_new: asks at once what the portal can do */
UdpnatPortalNotification *
udpnat_portal_notification_new (GDBusConnection *connection)
{
  UdpnatPortalNotification *self = g_object_new (UDPNAT_TYPE_PORTAL_NOTIFICATION, NULL);

  self->connection = g_object_ref (connection);
  self->subscription =
    g_dbus_connection_signal_subscribe (connection, BUS_NAME, INTERFACE, "ActionInvoked",
                                        OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                        action_invoked_cb, self, NULL);
  g_dbus_connection_call (connection, BUS_NAME, OBJECT_PATH, "org.freedesktop.DBus.Properties",
                          "GetAll", g_variant_new ("(s)", INTERFACE), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, ASK_MSEC, self->cancellable, properties_cb,
                          g_object_ref (self));
  return self;
}
