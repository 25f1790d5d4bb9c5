/* How one person is connected: asks the client once a second for a report while it can be seen, and
 * at once when the path has changed. */

#include "config.h"

#include "udpnat-connection-page.h"

#include <glib/gi18n.h>

#include "udpnat-address-group.h"
#include "udpnat-client-network.h"
#include "udpnat-path-picture.h"
#include "udpnat-rtt-plot.h"
#include "udpnat-spoken-name.h"
#include "udpnat-words.h"

struct _UdpnatConnectionPage
{
  AdwPreferencesPage  parent_instance;

  UdpnatPathPicture  *picture;
  AdwActionRow       *state_row;
  AdwActionRow       *since_row;
  GtkLabel           *since_label;
  AdwActionRow       *next_row;
  GtkLabel           *next_label;
  AdwActionRow       *router_row;
  UdpnatRttPlot      *plot;
  UdpnatAddressGroup *their_group;
  UdpnatAddressGroup *own_group;
  GtkSwitch          *mask_switch;

  UdpnatClient       *client; /* nullable */
  UdpnatPerson       *person; /* nullable */
  guint               timer;  /* 0: cannot be seen */
};

G_DEFINE_FINAL_TYPE (UdpnatConnectionPage, udpnat_connection_page, ADW_TYPE_PREFERENCES_PAGE)

/* ---- State ---- */

static char *
format_span (gint64 span_us)
{
  guint seconds = (guint) (span_us / G_USEC_PER_SEC);

  if (seconds < 120)
    return g_strdup_printf (ngettext ("%u second", "%u seconds", seconds), seconds);
  if (seconds < 7200)
    return g_strdup_printf (ngettext ("%u minute", "%u minutes", seconds / 60), seconds / 60);
  return g_strdup_printf (ngettext ("%u hour", "%u hours", seconds / 3600), seconds / 3600);
}

static void
show_span (AdwActionRow *row,
           GtkLabel     *label,
           const char   *title,
           gint64        span_us)
{
  g_autofree char *span = NULL;
  g_autofree char *words = NULL;

  gtk_widget_set_visible (GTK_WIDGET (row), span_us >= 0);
  if (span_us < 0)
    return;
  span = format_span (span_us);
  /* Translators: a row for a screen reader: what it is, and its value */
  words = g_strdup_printf (_("%s: %s"), title, span);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_label_set_text (label, span);
  udpnat_spoken_name_set (GTK_WIDGET (row), words, NULL);
}

static void
show_state (UdpnatConnectionPage *self,
            UdpnatPathReport     *report)
{
  const char *phase = udpnat_path_report_get_phase (report);
  const char *words = udpnat_words_explain_phase (phase);
  const char *reason = udpnat_path_report_get_reason (report);
  g_autofree char *because = NULL;
  gint64 remaining_us = udpnat_path_report_get_remaining (report);

  /* Where there is nothing yet that could go through the server, the state says it all. */
  if (*reason == '\0' || !g_str_equal (phase, "relayed"))
    because = g_strdup ("");
  else
    /* Translators: why a conversation goes through the server; %s is a clause like: they have not
     * answered yet */
    because = g_strdup_printf (_("Why: %s"), udpnat_words_explain_reason (reason));
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->state_row), words);
  adw_action_row_set_subtitle (self->state_row, because);
  udpnat_spoken_name_set (GTK_WIDGET (self->state_row), words, because);
  show_span (self->since_row, self->since_label, _("Duration"),
             udpnat_path_report_get_elapsed (report));
  if (remaining_us > 0)
    remaining_us += G_USEC_PER_SEC - 1; /* "0 seconds" only when it is due */
  show_span (self->next_row, self->next_label,
             g_str_equal (phase, "trying") ? _("Ends In") : _("Next Attempt In"), remaining_us);
}

/* Beside its kind, which the picture has: whom it lets in. */
static void
show_router (UdpnatConnectionPage *self,
             UdpnatPathReport     *report)
{
  gboolean is_known = udpnat_path_report_has_their_filtering (report);
  const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (self->router_row));
  const char *nat = udpnat_path_report_get_their_nat (report);
  const char *filtering = udpnat_path_report_get_their_filtering (report);
  g_autofree char *words = NULL;
  g_autofree char *label = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->router_row), is_known);
  if (!is_known)
    return;
  words = g_strdup_printf ("%s\n%s", udpnat_words_explain_router (nat, FALSE),
                           udpnat_words_explain_their_filtering (filtering));
  /* Translators: a row for a screen reader: what it is, and its value */
  label = g_strdup_printf (_("%s: %s"), title, words);
  adw_action_row_set_subtitle (self->router_row, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->router_row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
update (UdpnatConnectionPage *self)
{
  g_autoptr (UdpnatPathReport) report = NULL;

  if (self->person == NULL)
    return;
  report = udpnat_client_dup_path_report (self->client, self->person);
  udpnat_path_picture_set_scene (self->picture,
                                 udpnat_path_scene_new_for_path (
                                   report, udpnat_person_get_title (self->person)));
  show_state (self, report);
  show_router (self, report);
  udpnat_address_group_show_theirs (self->their_group, report);
  udpnat_address_group_show_own (self->own_group, report);
}

/* ---- Copying ---- */

static void
copy_cb (UdpnatConnectionPage *self)
{
  gboolean is_masked = gtk_switch_get_active (self->mask_switch);
  GtkWidget *toasts = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_TOAST_OVERLAY);
  g_autoptr (UdpnatPathReport) report = NULL;
  g_autofree char *text = NULL;

  g_return_if_fail (self->person != NULL);

  report = udpnat_client_dup_path_report (self->client, self->person);
  text = udpnat_path_report_to_text (report, is_masked);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  if (toasts != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (toasts), adw_toast_new (_("Report copied")));
}

/* ---- While it can be seen ---- */

static gboolean
timer_cb (gpointer user_data)
{
  update (UDPNAT_CONNECTION_PAGE (user_data));
  return G_SOURCE_CONTINUE;
}

static void
udpnat_connection_page_map (GtkWidget *widget)
{
  UdpnatConnectionPage *self = UDPNAT_CONNECTION_PAGE (widget);

  GTK_WIDGET_CLASS (udpnat_connection_page_parent_class)->map (widget);
  update (self);
  self->timer = g_timeout_add_seconds (1, timer_cb, self);
}

static void
udpnat_connection_page_unmap (GtkWidget *widget)
{
  UdpnatConnectionPage *self = UDPNAT_CONNECTION_PAGE (widget);

  g_clear_handle_id (&self->timer, g_source_remove);
  GTK_WIDGET_CLASS (udpnat_connection_page_parent_class)->unmap (widget);
}

static void
path_changed_cb (UdpnatConnectionPage *self,
                 UdpnatPerson         *person)
{
  if (person == self->person && self->timer != 0)
    update (self);
}

/* ---- Object ---- */

static void
udpnat_connection_page_dispose (GObject *object)
{
  UdpnatConnectionPage *self = UDPNAT_CONNECTION_PAGE (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->client);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_connection_page_parent_class)->dispose (object);
}

static void
udpnat_connection_page_class_init (UdpnatConnectionPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_connection_page_dispose;
  widget_class->map = udpnat_connection_page_map;
  widget_class->unmap = udpnat_connection_page_unmap;

  g_type_ensure (UDPNAT_TYPE_ADDRESS_GROUP);
  g_type_ensure (UDPNAT_TYPE_PATH_PICTURE);
  g_type_ensure (UDPNAT_TYPE_RTT_PLOT);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-connection-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, mask_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, next_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, next_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, own_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, picture);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, plot);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, router_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, since_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, since_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, state_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConnectionPage, their_group);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
}

static void
udpnat_connection_page_init (UdpnatConnectionPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** udpnat_connection_page_set_person: whom it is about; to be called once */
void
udpnat_connection_page_set_person (UdpnatConnectionPage *self,
                                   UdpnatClient         *client,
                                   UdpnatPerson         *person)
{
  g_autoptr (UdpnatRttLog) log = udpnat_rtt_log_new (client, person);

  g_return_if_fail (self->client == NULL);

  self->client = g_object_ref (client);
  self->person = g_object_ref (person);
  udpnat_rtt_plot_set_log (self->plot, log);
  g_signal_connect_object (client, "path-changed", G_CALLBACK (path_changed_cb), self,
                           G_CONNECT_SWAPPED);
  update (self);
}
