/* What is wrong with server, network or disk, in one strip. It comes when the core is sure and
 * stays until all is well, so that it does not flicker while the core tries again. */

#include "config.h"

#include "udpnat-server-banner.h"

#include <glib/gi18n.h>

#include "udpnat-banner.h"
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

  UdpnatBanner    *banner; /* borrowed: our child */
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
      return g_strdup (_("The disk takes nothing, so what was just said or set is not kept. Make "
                         "room on it, then do it again."));
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

/* What can be done; a label of %NULL: nothing. */
static UdpnatBannerButton
get_button (Trouble trouble)
{
  switch (trouble)
    {
    case TROUBLE_UNREACHABLE:
      return (UdpnatBannerButton){ _("_Retry Now"), "server.retry", NULL };
    case TROUBLE_NAME:
      return (UdpnatBannerButton){ _("Choose Another _Name…"), "server.choose-name", NULL };
    case TROUBLE_KEY:
      return (UdpnatBannerButton){ _("_Compare…"), "server.compare-key", NULL };
    case TROUBLE_REPLACED:
      return (UdpnatBannerButton){ _("_Connect Here"), "server.retry", NULL };
    case TROUBLE_LOGGED_OUT:
      return (UdpnatBannerButton){ _("_Connect"), "server.log-in", NULL };
    case TROUBLE_DISK:
    case TROUBLE_DATABASE:
      return (UdpnatBannerButton){ _("C_lose"), "server.close", NULL };
    case TROUBLE_NONE:
    case TROUBLE_CONNECTING:
    case TROUBLE_NETWORK:
      break;
    }
  return (UdpnatBannerButton){ NULL, NULL, NULL };
}

static const char *
get_icon (Trouble trouble)
{
  switch (trouble)
    {
    case TROUBLE_CONNECTING:
    case TROUBLE_UNREACHABLE:
    case TROUBLE_LOGGED_OUT:
      return "network-server-symbolic";
    case TROUBLE_NETWORK:
      return "network-offline-symbolic";
    case TROUBLE_NAME:
      return "avatar-default-symbolic";
    case TROUBLE_KEY:
      return "security-low-symbolic";
    case TROUBLE_REPLACED:
      return "system-switch-user-symbolic";
    case TROUBLE_DISK:
    case TROUBLE_DATABASE:
      return "drive-harddisk-symbolic";
    case TROUBLE_NONE:
      break;
    }
  return "dialog-warning-symbolic";
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

  udpnat_banner_set_note (self->banner, text);
  self->clock_source = g_timeout_add_seconds (seconds < 60 ? 1 : 60 - seconds % 60, clock_cb, self);
  return G_SOURCE_REMOVE;
}

/* It costs a wake-up each second: so only while somebody can see it. */
static void
update_clock (UdpnatServerBanner *self)
{
  g_clear_handle_id (&self->clock_source, g_source_remove);
  udpnat_banner_set_note (self->banner, NULL);
  if (has_clock (self->trouble) && self->since_us != 0 &&
      gtk_widget_get_mapped (GTK_WIDGET (self)))
    clock_cb (self);
}

/* ---- Showing it ---- */

static void
show (UdpnatServerBanner *self)
{
  g_autofree char *words = describe (self);
  UdpnatBannerButton button = get_button (self->trouble);

  udpnat_banner_show (self->banner, get_icon (self->trouble), words, &button,
                      button.label != NULL ? 1 : 0);
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
  else
    udpnat_banner_hide (self->banner);
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
setting_lost_cb (UdpnatServerBanner *self)
{
  save_failed_cb (self, NULL, FALSE);
}

static void
item_added_cb (UdpnatServerBanner *self)
{
  if (self->disk_trouble != TROUBLE_DISK)
    return;
  self->disk_trouble = TROUBLE_NONE;
  update (self);
}

/* ---- What can be done ---- */

static void
retry_cb (GtkWidget  *widget,
          const char *name,
          GVariant   *parameter)
{
  udpnat_client_retry_server (UDPNAT_SERVER_BANNER (widget)->client);
}

static void
choose_name_cb (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  udpnat_server_dialogs_choose_name (GTK_WINDOW (gtk_widget_get_root (widget)),
                                     UDPNAT_SERVER_BANNER (widget)->client);
}

static void
compare_key_cb (GtkWidget  *widget,
                const char *name,
                GVariant   *parameter)
{
  udpnat_server_dialogs_compare_key (GTK_WINDOW (gtk_widget_get_root (widget)),
                                     UDPNAT_SERVER_BANNER (widget)->client);
}

static void
log_in_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  UdpnatServerBanner *self = UDPNAT_SERVER_BANNER (widget);
  g_autofree char *own_name = g_strdup (udpnat_client_get_name (self->client));

  if (own_name != NULL)
    udpnat_client_log_in (self->client, own_name);
}

static void
close_cb (GtkWidget  *widget,
          const char *name,
          GVariant   *parameter)
{
  UdpnatServerBanner *self = UDPNAT_SERVER_BANNER (widget);

  self->disk_trouble = TROUBLE_NONE;
  update (self);
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

  gtk_widget_class_install_action (widget_class, "server.retry", NULL, retry_cb);
  gtk_widget_class_install_action (widget_class, "server.choose-name", NULL, choose_name_cb);
  gtk_widget_class_install_action (widget_class, "server.compare-key", NULL, compare_key_cb);
  gtk_widget_class_install_action (widget_class, "server.log-in", NULL, log_in_cb);
  gtk_widget_class_install_action (widget_class, "server.close", NULL, close_cb);
}

static void
udpnat_server_banner_init (UdpnatServerBanner *self)
{
  self->banner = UDPNAT_BANNER (udpnat_banner_new ());
  udpnat_banner_set_narrow (self->banner, TRUE);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->banner));
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
  g_signal_connect_object (client, "setting-lost", G_CALLBACK (setting_lost_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "item-added", G_CALLBACK (item_added_cb), self,
                           G_CONNECT_SWAPPED);
  update (self);
}

/** udpnat_server_banner_has_lost_server: whether it speaks of the server, or would */
gboolean
udpnat_server_banner_has_lost_server (UdpnatServerBanner *self)
{
  return self->since_us != 0;
}
