/* What is wrong with server, network or disk, in one strip. It comes when the core is sure and
 * stays until all is well, so that it does not flicker while the core tries again. */

#include "config.h"

#include "udpnat-server-banner.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

typedef enum
{
  TROUBLE_NONE,
  TROUBLE_CONNECTING, /* again, after something was wrong */
  TROUBLE_UNREACHABLE,
  TROUBLE_NETWORK,
  TROUBLE_NAME,
  TROUBLE_KEY,
  TROUBLE_REPLACED,
  TROUBLE_LOGGED_OUT,
  TROUBLE_DISK,
  TROUBLE_DATABASE,
} Trouble;

struct _UdpnatServerBanner
{
  AdwBin           parent_instance;

  GtkRevealer     *revealer;
  GtkLabel        *words;
  GtkLabel        *clock;
  GtkButton       *button;
  UdpnatClient    *client;
  GNetworkMonitor *network;
  Trouble          trouble;
  Trouble          disk_trouble; /* NONE, DISK, DATABASE: until it works or the user has seen it */
  gint64           since_us;     /* monotonic; of the trouble with the server */
  guint            clock_source; /* 0: no clock is shown */
};

G_DEFINE_FINAL_TYPE (UdpnatServerBanner, udpnat_server_banner, ADW_TYPE_BIN)

/* ---- What is wrong ---- */

static Trouble
judge_refusal (UdpnatServerBanner *self)
{
  const char *code = udpnat_client_get_server_code (self->client);

  if (g_strcmp0 (code, "name-taken") == 0 || g_strcmp0 (code, "name-not-allowed") == 0)
    return TROUBLE_NAME;
  return TROUBLE_UNREACHABLE;
}

static Trouble
judge_server (UdpnatServerBanner *self)
{
  switch (udpnat_client_get_server_state (self->client))
    {
    case UDPNAT_SERVER_STATE_NONE:
    case UDPNAT_SERVER_STATE_REGISTERED:
      return TROUBLE_NONE;
    case UDPNAT_SERVER_STATE_RESOLVING:
    case UDPNAT_SERVER_STATE_CONNECTING:
      return self->since_us != 0 ? TROUBLE_CONNECTING : TROUBLE_NONE;
    case UDPNAT_SERVER_STATE_NOT_FOUND:
    case UDPNAT_SERVER_STATE_SILENT:
    case UDPNAT_SERVER_STATE_LOST:
      return g_network_monitor_get_network_available (self->network) ? TROUBLE_UNREACHABLE
                                                                     : TROUBLE_NETWORK;
    case UDPNAT_SERVER_STATE_REFUSED:
      return judge_refusal (self);
    case UDPNAT_SERVER_STATE_REPLACED:
      return TROUBLE_REPLACED;
    case UDPNAT_SERVER_STATE_KEY_CHANGED:
      return TROUBLE_KEY;
    case UDPNAT_SERVER_STATE_LOGGED_OUT:
      return TROUBLE_LOGGED_OUT;
    }
  return TROUBLE_NONE;
}

static char *
describe (UdpnatServerBanner *self)
{
  switch (self->trouble)
    {
    case TROUBLE_NETWORK:
      return g_strdup (_("This computer has no network. What you write waits, and is sent by "
                         "itself when there is one."));
    case TROUBLE_DISK:
      return g_strdup (_("The disk takes nothing, so what was just said is not kept. Make room on "
                         "it, then say it again."));
    case TROUBLE_DATABASE:
      return g_strdup (_("The database of your messages is damaged, and takes nothing new. It is "
                         "mended when udpnat starts again: quit, and start it."));
    case TROUBLE_NONE:
    case TROUBLE_CONNECTING:
    case TROUBLE_UNREACHABLE:
    case TROUBLE_NAME:
    case TROUBLE_KEY:
    case TROUBLE_REPLACED:
    case TROUBLE_LOGGED_OUT:
      break;
    }
  return udpnat_words_describe_server (self->client);
}

static const char *
get_action (Trouble trouble)
{
  switch (trouble)
    {
    case TROUBLE_UNREACHABLE:
      return _("Retry Now");
    case TROUBLE_NAME:
      return _("Choose Another Name…");
    case TROUBLE_KEY:
      return _("Compare…");
    case TROUBLE_REPLACED:
      return _("Connect Here");
    case TROUBLE_LOGGED_OUT:
      return _("Connect");
    case TROUBLE_DISK:
    case TROUBLE_DATABASE:
      return _("Close");
    case TROUBLE_NONE:
    case TROUBLE_CONNECTING:
    case TROUBLE_NETWORK:
      break;
    }
  return NULL;
}

/* ---- Clock ---- */

static gboolean
has_clock (Trouble trouble)
{
  return trouble == TROUBLE_CONNECTING || trouble == TROUBLE_UNREACHABLE ||
         trouble == TROUBLE_NETWORK;
}

static char *
format_duration (guint seconds)
{
  if (seconds < 60)
    return g_strdup_printf (_("for %u s"), seconds);
  if (seconds < 3600)
    return g_strdup_printf (_("for %u min"), seconds / 60);
  return g_strdup_printf (_("for %u h"), seconds / 3600);
}

static gboolean
clock_cb (gpointer user_data)
{
  UdpnatServerBanner *self = user_data;
  guint seconds = (guint) ((g_get_monotonic_time () - self->since_us) / G_USEC_PER_SEC);
  g_autofree char *text = format_duration (seconds);

  gtk_label_set_text (self->clock, text);
  self->clock_source = g_timeout_add_seconds (seconds < 60 ? 1 : 60 - seconds % 60, clock_cb, self);
  return G_SOURCE_REMOVE;
}

/* It costs a wake-up each second: so only while somebody can see it. */
static void
update_clock (UdpnatServerBanner *self)
{
  g_clear_handle_id (&self->clock_source, g_source_remove);
  gtk_label_set_text (self->clock, "");
  if (has_clock (self->trouble) && self->since_us != 0 &&
      gtk_widget_get_mapped (GTK_WIDGET (self)))
    clock_cb (self);
}

/* ---- Showing it ---- */

static void
show (UdpnatServerBanner *self)
{
  g_autofree char *words = describe (self);
  const char *action = get_action (self->trouble);

  gtk_label_set_text (self->words, words);
  gtk_widget_set_visible (GTK_WIDGET (self->button), action != NULL);
  if (action != NULL)
    {
      gtk_button_set_label (self->button, action);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->button),
                                      GTK_ACCESSIBLE_PROPERTY_LABEL, action, -1);
    }
}

static void
update (UdpnatServerBanner *self)
{
  Trouble server;

  /* Asking again for its address takes a moment, and mostly ends as it did before. */
  if (self->since_us != 0 && self->disk_trouble == TROUBLE_NONE &&
      udpnat_client_get_server_state (self->client) == UDPNAT_SERVER_STATE_RESOLVING)
    return;
  server = judge_server (self);
  self->trouble = self->disk_trouble != TROUBLE_NONE ? self->disk_trouble : server;
  if (server == TROUBLE_NONE)
    self->since_us = 0;
  else if (self->since_us == 0)
    self->since_us = udpnat_client_get_server_since (self->client);
  if (self->trouble != TROUBLE_NONE)
    show (self);
  gtk_revealer_set_reveal_child (self->revealer, self->trouble != TROUBLE_NONE);
  update_clock (self);
}

static void
save_failed_cb (UdpnatServerBanner *self,
                UdpnatPerson       *person,
                gboolean            is_damaged)
{
  self->disk_trouble = is_damaged ? TROUBLE_DATABASE : TROUBLE_DISK;
  update (self);
}

static void
item_added_cb (UdpnatServerBanner *self)
{
  if (self->disk_trouble != TROUBLE_DISK)
    return;
  self->disk_trouble = TROUBLE_NONE;
  update (self);
}

static void
clicked_cb (UdpnatServerBanner *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  g_autofree char *name = g_strdup (udpnat_client_get_name (self->client));

  switch (self->trouble)
    {
    case TROUBLE_UNREACHABLE:
    case TROUBLE_REPLACED:
      udpnat_client_retry_server (self->client);
      break;
    case TROUBLE_NAME:
      udpnat_server_dialogs_choose_name (window, self->client);
      break;
    case TROUBLE_KEY:
      udpnat_server_dialogs_compare_key (window, self->client);
      break;
    case TROUBLE_LOGGED_OUT:
      if (name != NULL)
        udpnat_client_log_in (self->client, name);
      break;
    case TROUBLE_DISK:
    case TROUBLE_DATABASE:
      self->disk_trouble = TROUBLE_NONE;
      update (self);
      break;
    case TROUBLE_NONE:
    case TROUBLE_CONNECTING:
    case TROUBLE_NETWORK:
      break;
    }
}

/* ---- Object ---- */

static void
udpnat_server_banner_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (udpnat_server_banner_parent_class)->map (widget);
  update_clock (UDPNAT_SERVER_BANNER (widget));
}

static void
udpnat_server_banner_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (udpnat_server_banner_parent_class)->unmap (widget);
  update_clock (UDPNAT_SERVER_BANNER (widget));
}

static void
udpnat_server_banner_dispose (GObject *object)
{
  UdpnatServerBanner *self = UDPNAT_SERVER_BANNER (object);

  g_clear_handle_id (&self->clock_source, g_source_remove);
  g_clear_object (&self->network);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_server_banner_parent_class)->dispose (object);
}

static void
udpnat_server_banner_class_init (UdpnatServerBannerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_server_banner_dispose;
  widget_class->map = udpnat_server_banner_map;
  widget_class->unmap = udpnat_server_banner_unmap;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-server-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatServerBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatServerBanner, words);
  gtk_widget_class_bind_template_child (widget_class, UdpnatServerBanner, clock);
  gtk_widget_class_bind_template_child (widget_class, UdpnatServerBanner, button);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
}

static void
udpnat_server_banner_init (UdpnatServerBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** udpnat_server_banner_set_client: to be called once */
void
udpnat_server_banner_set_client (UdpnatServerBanner *self,
                                 UdpnatClient       *client)
{
  g_return_if_fail (self->client == NULL);

  self->client = g_object_ref (client);
  self->network = g_object_ref (g_network_monitor_get_default ());
  g_signal_connect_object (self->network, "notify::network-available", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server-code", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "save-failed", G_CALLBACK (save_failed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "item-added", G_CALLBACK (item_added_cb), self,
                           G_CONNECT_SWAPPED);
  update (self);
}
