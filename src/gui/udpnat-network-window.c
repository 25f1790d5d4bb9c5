/* What our own network is like: asks the client for a report every two seconds while it can be
 * seen. Nothing is sent for it. */

#include "config.h"

#include "udpnat-network-window.h"

#include <glib/gi18n.h>

#include "udpnat-address-group.h"
#include "udpnat-client-network.h"
#include "udpnat-nat-group.h"
#include "udpnat-path-picture.h"
#include "udpnat-spoken-name.h"
#include "udpnat-status-words.h"
#include "udpnat-words.h"

#define UPDATE_S 2

struct _UdpnatNetworkWindow
{
  AdwWindow           parent_instance;

  AdwToastOverlay    *toasts;
  UdpnatPathPicture  *picture;
  AdwActionRow       *meaning_row;
  AdwActionRow       *fix_row;
  AdwActionRow       *router_row;
  AdwActionRow       *port_row;
  AdwActionRow       *mapping_row;
  AdwActionRow       *ipv6_row;
  AdwActionRow       *udp_row;
  AdwActionRow       *server_row;
  UdpnatNatGroup     *nat_group;
  UdpnatAddressGroup *address_group;
  GtkSwitch          *mask_switch;

  UdpnatClient       *client; /* nullable */
  guint               timer;  /* 0: cannot be seen */
};

G_DEFINE_FINAL_TYPE (UdpnatNetworkWindow, udpnat_network_window, ADW_TYPE_WINDOW)

/* ---- What is shown ---- */

/* @words: of the row, which keeps its title */
static void
show (AdwActionRow *row,
      const char   *words)
{
  const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (row));
  /* Translators: a row for a screen reader: what it is, and its value */
  g_autofree char *label = g_strdup_printf (_("%s: %s"), title, words);

  adw_action_row_set_subtitle (row, words);
  udpnat_spoken_name_set (GTK_WIDGET (row), label, NULL);
}

static void
show_server (UdpnatNetworkWindow *self,
             UdpnatNetworkReport *report)
{
  const char *server = udpnat_network_report_get_server (report);
  gint64 rtt_us = udpnat_network_report_get_server_rtt (report);
  g_autofree char *rtt = udpnat_words_format_rtt (rtt_us);
  g_autofree char *words = NULL;

  if (*server == '\0')
    words = g_strdup (_("None; you meet the people on this network"));
  else if (rtt_us > 0)
    /* Translators: address of the server, and how long a packet takes to it and back */
    words = g_strdup_printf (_("%s, round trip %s"), server, rtt);
  else
    words = g_strdup (server);
  show (self->server_row, words);
}

static void
show_port_mapping (UdpnatNetworkWindow *self,
                   UdpnatNetworkReport *report)
{
  const char *code = udpnat_network_report_get_port_mapping (report);
  const char *protocol = udpnat_network_report_get_mapping_protocol (report);
  g_autofree char *words = NULL;

  if (*protocol == '\0')
    words = g_strdup (udpnat_words_explain_port_mapping (code));
  else
    /* Translators: a sentence, an address, and by what the router was asked: “PCP”, “UPnP” */
    words = g_strdup_printf (_("%s: %s, by %s"), udpnat_words_explain_port_mapping (code),
                             udpnat_network_report_get_mapped (report), protocol);
  show (self->mapping_row, words);
}

/* Then the tests' row says what becomes of ports, and not of one only. */
static gboolean
is_allocator_known (UdpnatNetworkReport *report)
{
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (report);

  return tests != NULL && tests->allocator != UDPNAT_PORT_ALLOCATOR_UNKNOWN;
}

static void
update (UdpnatNetworkWindow *self)
{
  g_autoptr (UdpnatNetworkReport) report = NULL;
  const char *fix;

  if (self->client == NULL)
    return;
  report = udpnat_client_dup_network_report (self->client);
  fix = udpnat_network_report_get_fix (report);
  udpnat_path_picture_set_scene (self->picture, udpnat_path_scene_new_for_network (report));
  show (self->meaning_row,
        udpnat_words_explain_meaning (udpnat_network_report_get_meaning (report)));
  gtk_widget_set_visible (GTK_WIDGET (self->fix_row), fix != NULL);
  if (fix != NULL)
    show (self->fix_row, udpnat_words_explain_fix (fix));
  show (self->router_row, udpnat_words_explain_router (udpnat_network_report_get_nat (report),
                                                       TRUE));
  gtk_widget_set_visible (GTK_WIDGET (self->port_row), !is_allocator_known (report));
  show (self->port_row,
        udpnat_words_explain_port_rule (udpnat_network_report_get_port_rule (report)));
  show_port_mapping (self, report);
  show (self->ipv6_row, udpnat_network_report_has_ipv6 (report)
                          ? _("This computer has an address of the whole Internet")
                          : _("Not on this network"));
  show (self->udp_row,
        udpnat_words_explain_udp_state (udpnat_network_report_get_udp_state (report)));
  show_server (self, report);
  udpnat_nat_group_show (self->nat_group, report);
  udpnat_address_group_show_network (self->address_group, report);
}

static void
copy_cb (UdpnatNetworkWindow *self)
{
  g_autoptr (UdpnatNetworkReport) report = NULL;
  g_autofree char *text = NULL;

  g_return_if_fail (self->client != NULL);

  report = udpnat_client_dup_network_report (self->client);
  text = udpnat_network_report_to_text (report, gtk_switch_get_active (self->mask_switch));
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (_("Report copied")));
}

/* ---- While it can be seen ---- */

static gboolean
timer_cb (gpointer user_data)
{
  update (UDPNAT_NETWORK_WINDOW (user_data));
  return G_SOURCE_CONTINUE;
}

static void
udpnat_network_window_map (GtkWidget *widget)
{
  UdpnatNetworkWindow *self = UDPNAT_NETWORK_WINDOW (widget);

  GTK_WIDGET_CLASS (udpnat_network_window_parent_class)->map (widget);
  update (self);
  self->timer = g_timeout_add_seconds (UPDATE_S, timer_cb, self);
}

static void
udpnat_network_window_unmap (GtkWidget *widget)
{
  UdpnatNetworkWindow *self = UDPNAT_NETWORK_WINDOW (widget);

  g_clear_handle_id (&self->timer, g_source_remove);
  GTK_WIDGET_CLASS (udpnat_network_window_parent_class)->unmap (widget);
}

/* ---- Object ---- */

static void
udpnat_network_window_dispose (GObject *object)
{
  UdpnatNetworkWindow *self = UDPNAT_NETWORK_WINDOW (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_network_window_parent_class)->dispose (object);
}

static void
udpnat_network_window_class_init (UdpnatNetworkWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_network_window_dispose;
  widget_class->map = udpnat_network_window_map;
  widget_class->unmap = udpnat_network_window_unmap;

  g_type_ensure (UDPNAT_TYPE_ADDRESS_GROUP);
  g_type_ensure (UDPNAT_TYPE_NAT_GROUP);
  g_type_ensure (UDPNAT_TYPE_PATH_PICTURE);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-network-window.ui");
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, address_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, fix_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, ipv6_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, mapping_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, mask_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, meaning_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, nat_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, picture);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, port_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, router_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, server_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, UdpnatNetworkWindow, udp_row);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
}

static void
udpnat_network_window_init (UdpnatNetworkWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_network_window_new (UdpnatClient *client)
{
  UdpnatNetworkWindow *self = g_object_new (UDPNAT_TYPE_NETWORK_WINDOW,
                                            "destroy-with-parent", TRUE,
                                            NULL);

  self->client = g_object_ref (client);
  update (self);
  return GTK_WIDGET (self);
}
