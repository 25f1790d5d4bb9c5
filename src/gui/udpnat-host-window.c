/* Hosting a server here. The server is a process of its own and knows best: this shows what
 * UdpnatHost says of it, and the window may be closed meanwhile. */

#include "config.h"

#include "udpnat-host-window.h"

#include <glib/gi18n.h>

#include "udpnat-qr-code.h"
#include "udpnat-unbroken.h"
#include "udpnat-words.h"

struct _UdpnatHostWindow
{
  AdwWindow        parent_instance;

  AdwToastOverlay *toasts;
  AdwActionRow    *state_row;
  GtkSpinner      *spinner;
  GtkButton       *button; /* starts or stops */
  GtkLabel        *error_label;
  GtkSwitch       *outside_switch;
  GtkSpinButton   *port_button;
  GtkWidget       *options_group;
  GtkWidget       *use_group;
  GtkWidget       *friends_group;
  AdwActionRow    *outside_row;
  GtkWidget       *outside_copy;
  AdwActionRow    *local_row;
  AdwActionRow    *link_row;
  GtkWidget       *qr_frame;
  UdpnatQrCode    *qr;

  UdpnatClient    *client; /* nullable: there is no profile yet */
  GSettings       *settings;
  UdpnatHost      *host;
  char            *local;  /* nullable: address in this network */
  char            *link;   /* nullable */
};

static guint use_server_signal;

G_DEFINE_FINAL_TYPE (UdpnatHostWindow, udpnat_host_window, ADW_TYPE_WINDOW)

/* ---- In words ---- */

static char *
describe_state (UdpnatHostWindow *self)
{
  switch (udpnat_host_get_state (self->host))
    {
    case UDPNAT_HOST_STATE_STOPPED:
      return g_strdup (_("Not running"));
    case UDPNAT_HOST_STATE_STARTING:
      return g_strdup (_("Starting…"));
    case UDPNAT_HOST_STATE_RUNNING:
      return g_strdup (_("Running on this computer. It ends by itself a minute after the last "
                         "person has left."));
    case UDPNAT_HOST_STATE_JOINED:
      return g_strdup_printf (_("Another program has port %u. It is taken to be a server, and "
                                "used."), udpnat_host_get_port (self->host));
    case UDPNAT_HOST_STATE_STOPPING:
      return g_strdup (_("Stopping…"));
    }
  return NULL;
}

static gboolean
asks_router (UdpnatHostWindow *self)
{
  return gtk_switch_get_active (self->outside_switch);
}

static char *
describe_outside (UdpnatHostWindow *self)
{
  const char *reason = udpnat_host_get_reason (self->host);

  switch (udpnat_host_get_reach (self->host))
    {
    case UDPNAT_HOST_REACH_UNKNOWN:
      return g_strdup (asks_router (self) ? _("Asking your router to let friends in…")
                                          : _("Your router was not asked to let friends in."));
    case UDPNAT_HOST_REACH_OUTSIDE:
      return g_strdup (udpnat_host_get_outside (self->host));
    case UDPNAT_HOST_REACH_LOCAL:
      /* Translators: %1$s says why, as in “your router knows port mapping, but refuses it”; %2$u is
       * a port */
      return g_strdup_printf (_("Not reachable from outside: %1$s. You can open port %2$u at your "
                                "router by hand, for UDP and TCP."),
                              udpnat_words_explain_code (reason),
                              udpnat_host_get_port (self->host));
    }
  return NULL;
}

/* ---- What is shown ---- */

static void
refresh_link (UdpnatHostWindow *self)
{
  const char *outside = udpnat_host_get_outside (self->host);
  const char *address = outside != NULL ? outside : self->local;
  gboolean has_link;

  g_clear_pointer (&self->link, g_free);
  if (self->client != NULL)
    self->link = udpnat_client_dup_link_at (self->client, address);
  has_link = self->link != NULL;
  gtk_widget_set_visible (GTK_WIDGET (self->link_row), has_link);
  if (has_link)
    udpnat_unbroken_set_subtitle (self->link_row, self->link);
  udpnat_qr_code_set_text (self->qr, has_link ? self->link : address);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->qr), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  has_link ? _("QR code of your link")
                                           : _("QR code of the server’s address"), -1);
}

static void
refresh_friends (UdpnatHostWindow *self)
{
  g_autofree char *outside = describe_outside (self);
  gboolean is_outside = udpnat_host_get_reach (self->host) == UDPNAT_HOST_REACH_OUTSIDE;

  g_free (self->local);
  self->local = udpnat_host_dup_local (self->host);
  adw_action_row_set_subtitle (self->outside_row, outside);
  gtk_widget_set_visible (self->outside_copy, is_outside);
  adw_action_row_set_subtitle (self->local_row, self->local);
  refresh_link (self);
}

/* A server that is here already can be used by whoever has another one until now. It has many
 * addresses and names, and one key. */
static gboolean
is_in_use (UdpnatHostWindow *self)
{
  const char *own_key = udpnat_host_get_key_text (self->host);
  const UdpnatAddress *address;
  g_autofree char *key = NULL;

  if (self->client == NULL)
    return FALSE;
  address = udpnat_client_get_server_address (self->client);
  key = udpnat_client_dup_server_key (self->client);
  return (own_key != NULL && g_strcmp0 (key, own_key) == 0) ||
         (address != NULL && udpnat_host_is_at (self->host, address));
}

static void
refresh_button (UdpnatHostWindow *self,
                gboolean          is_there,
                gboolean          is_busy)
{
  gtk_button_set_label (self->button, is_there ? _("Stop") : _("Start"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  is_there ? _("Stop the Server") : _("Start the Server"), -1);
  gtk_widget_set_sensitive (GTK_WIDGET (self->button), !is_busy);
  if (is_there)
    gtk_widget_remove_css_class (GTK_WIDGET (self->button), "suggested-action");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->button), "suggested-action");
}

static void
refresh (UdpnatHostWindow *self)
{
  UdpnatHostState state = udpnat_host_get_state (self->host);
  gboolean is_there = state == UDPNAT_HOST_STATE_RUNNING || state == UDPNAT_HOST_STATE_JOINED;
  gboolean is_busy = state == UDPNAT_HOST_STATE_STARTING || state == UDPNAT_HOST_STATE_STOPPING;
  g_autofree char *words = describe_state (self);

  adw_action_row_set_subtitle (self->state_row, words);
  gtk_spinner_set_spinning (self->spinner, is_busy);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), is_busy);
  refresh_button (self, is_there, is_busy);
  gtk_widget_set_sensitive (self->options_group, state == UDPNAT_HOST_STATE_STOPPED);
  gtk_widget_set_visible (self->friends_group, is_there);
  gtk_widget_set_visible (self->qr_frame, is_there);
  gtk_widget_set_visible (self->use_group, is_there && !is_in_use (self));
  if (is_there)
    refresh_friends (self);
}

static void
show_error (UdpnatHostWindow *self,
            const char       *text)
{
  gtk_label_set_text (self->error_label, text != NULL ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (self->error_label), text != NULL);
}

/* ---- Start and stop ---- */

static guint16
get_port (UdpnatHostWindow *self)
{
  return (guint16) gtk_spin_button_get_value_as_int (self->port_button);
}

/* Port and wish belong to a host for good. */
static void
renew_host (UdpnatHostWindow *self)
{
  if (self->host != NULL)
    g_signal_handlers_disconnect_by_data (self->host, self);
  g_clear_object (&self->host);
  self->host = udpnat_host_new (get_port (self), NULL, asks_router (self));
  g_signal_connect_object (self->host, "changed", G_CALLBACK (refresh), self, G_CONNECT_SWAPPED);
}

static void
started_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (UdpnatHostWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!udpnat_host_start_finish (UDPNAT_HOST (source), result, &error))
    show_error (self, error->message);
  else
    g_settings_set_boolean (self->settings, "host-server", TRUE);
}

static void
start (UdpnatHostWindow *self)
{
  renew_host (self);
  udpnat_host_start_async (self->host, NULL, started_cb, g_object_ref (self));
}

static void
stopped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (UdpnatHostWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!udpnat_host_stop_finish (UDPNAT_HOST (source), result, &error))
    show_error (self, error->message);
}

static void
stop (UdpnatHostWindow *self)
{
  g_settings_set_boolean (self->settings, "host-server", FALSE);
  udpnat_host_stop_async (self->host, NULL, stopped_cb, g_object_ref (self));
}

static void
clicked_cb (UdpnatHostWindow *self)
{
  show_error (self, NULL);
  switch (udpnat_host_get_state (self->host))
    {
    case UDPNAT_HOST_STATE_STOPPED:
      start (self);
      break;
    case UDPNAT_HOST_STATE_RUNNING:
    case UDPNAT_HOST_STATE_JOINED:
      stop (self);
      break;
    case UDPNAT_HOST_STATE_STARTING:
    case UDPNAT_HOST_STATE_STOPPING:
      break;
    }
}

static void
use_cb (UdpnatHostWindow *self)
{
  g_autofree char *address = g_strdup_printf ("127.0.0.1:%u", udpnat_host_get_port (self->host));

  g_signal_emit (self, use_server_signal, 0, address);
  refresh (self);
}

/* ---- To give away ---- */

static void
copy (UdpnatHostWindow *self,
      const char       *text)
{
  if (text == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("Copied")));
}

static void
copy_outside_cb (UdpnatHostWindow *self)
{
  copy (self, udpnat_host_get_outside (self->host));
}

static void
copy_local_cb (UdpnatHostWindow *self)
{
  copy (self, self->local);
}

static void
copy_link_cb (UdpnatHostWindow *self)
{
  copy (self, self->link);
}

/* ---- Object ---- */

static void
udpnat_host_window_dispose (GObject *object)
{
  UdpnatHostWindow *self = UDPNAT_HOST_WINDOW (object);

  if (self->host != NULL)
    g_signal_handlers_disconnect_by_data (self->host, self);
  g_clear_object (&self->host);
  g_clear_object (&self->client);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (udpnat_host_window_parent_class)->dispose (object);
}

static void
udpnat_host_window_finalize (GObject *object)
{
  UdpnatHostWindow *self = UDPNAT_HOST_WINDOW (object);

  g_free (self->local);
  g_free (self->link);
  G_OBJECT_CLASS (udpnat_host_window_parent_class)->finalize (object);
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, state_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, outside_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, port_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, options_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, use_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, friends_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, outside_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, outside_copy);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, local_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, link_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, qr_frame);
  gtk_widget_class_bind_template_child (widget_class, UdpnatHostWindow, qr);
}

static void
udpnat_host_window_class_init (UdpnatHostWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_host_window_dispose;
  object_class->finalize = udpnat_host_window_finalize;

  use_server_signal = g_signal_new ("use-server", UDPNAT_TYPE_HOST_WINDOW, G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  g_type_ensure (UDPNAT_TYPE_QR_CODE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-host-window.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
  gtk_widget_class_bind_template_callback (widget_class, use_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_outside_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_local_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_link_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
udpnat_host_window_init (UdpnatHostWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** udpnat_host_window_new: @client: (nullable): for the link; %NULL before there is a profile */
GtkWidget *
udpnat_host_window_new (UdpnatClient *client,
                        GSettings    *settings)
{
  UdpnatHostWindow *self = g_object_new (UDPNAT_TYPE_HOST_WINDOW, NULL);

  g_set_object (&self->client, client);
  self->settings = g_object_ref (settings);
  g_settings_bind (settings, "host-outside", self->outside_switch, "active",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "host-port", self->port_button, "value", G_SETTINGS_BIND_DEFAULT);
  renew_host (self);
  udpnat_host_look (self->host);
  if (client != NULL)
    g_signal_connect_object (client, "notify::server-state", G_CALLBACK (refresh), self,
                             G_CONNECT_SWAPPED);
  refresh (self);
  return GTK_WIDGET (self);
}
