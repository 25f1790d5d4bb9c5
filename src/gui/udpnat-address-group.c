/* Addresses as rows: an IP address and a port for a title, what is known of it below, the round
 * trip at the end, and a mark for what is in use. */

#include "config.h"

#include "udpnat-address-group.h"

#include <glib/gi18n.h>

#include "udpnat-spoken-name.h"
#include "udpnat-status-words.h"
#include "udpnat-words.h"

struct _UdpnatAddressGroup
{
  AdwPreferencesGroup  parent_instance;

  GPtrArray           *rows;   /* borrowed AdwActionRow, which the group holds */
  guint                n_shown;
};

G_DEFINE_FINAL_TYPE (UdpnatAddressGroup, udpnat_address_group, ADW_TYPE_PREFERENCES_GROUP)

/* ---- Rows ---- */

static GtkWidget *
create_row (UdpnatAddressGroup *self)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *mark = gtk_image_new_from_icon_name ("object-select-symbolic");
  GtkWidget *end = gtk_label_new (NULL);

  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_widget_add_css_class (end, "numeric");
  gtk_widget_add_css_class (end, "dim-label");
  gtk_widget_add_css_class (mark, "accent");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), end);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), mark);
  g_object_set_data (G_OBJECT (row), "end", end);
  g_object_set_data (G_OBJECT (row), "mark", mark);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  g_ptr_array_add (self->rows, row);
  return row;
}

/* The next row, made if there is none yet; @end: (nullable): a word at its end */
static void
show_row (UdpnatAddressGroup *self,
          const char         *title,
          const char         *subtitle,
          const char         *end,
          gboolean            is_marked)
{
  GtkWidget *row = self->n_shown < self->rows->len ? g_ptr_array_index (self->rows, self->n_shown)
                                                   : create_row (self);
  g_autofree char *title_markup = NULL;
  g_autofree char *subtitle_markup = g_markup_escape_text (subtitle, -1);
  g_autofree char *label = NULL;

  self->n_shown++;
  /* A hyphen where the line breaks would look like a part of the address. */
  title_markup = g_markup_printf_escaped ("<span insert_hyphens=\"false\">%s</span>", title);
  /* Translators: a row for a screen reader: an address, and what is known of it */
  label = *subtitle != '\0' ? g_strdup_printf (_("%s: %s"), title, subtitle) : g_strdup (title);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title_markup);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle_markup);
  gtk_label_set_text (g_object_get_data (G_OBJECT (row), "end"), end != NULL ? end : "");
  gtk_widget_set_visible (g_object_get_data (G_OBJECT (row), "mark"), is_marked);
  udpnat_spoken_name_set (GTK_WIDGET (row), label, NULL);
}

/* @nothing: (nullable): what to say when there was no row; without it the group hides then */
static void
finish (UdpnatAddressGroup *self,
        const char         *nothing)
{
  if (self->n_shown == 0 && nothing != NULL)
    show_row (self, nothing, "", NULL, FALSE);
  gtk_widget_set_visible (GTK_WIDGET (self), self->n_shown > 0);
  while (self->rows->len > self->n_shown)
    {
      GtkWidget *row = g_ptr_array_index (self->rows, self->rows->len - 1);

      g_ptr_array_set_size (self->rows, (gint) self->rows->len - 1);
      adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self), row);
    }
}

/* ---- What they show ---- */

static char *
describe_fate (const UdpnatPathReportEntry *entry)
{
  const char *fate = udpnat_words_explain_fate (entry->fate);
  const char *source = udpnat_words_explain_way (entry->source, entry->discovery);

  if (entry->n_sent == 0)
    /* Translators: what became of an address, and below it where the address is known from */
    return g_strdup_printf (_("%s\n%s"), fate, source);
  /* Translators: what became of an address, how many packets went there, and below it where the
   * address is known from */
  return g_strdup_printf (ngettext ("%s (%u packet)\n%s", "%s (%u packets)\n%s", entry->n_sent),
                          fate, entry->n_sent, source);
}

/** udpnat_address_group_show_theirs: where the other may be reached */
void
udpnat_address_group_show_theirs (UdpnatAddressGroup *self,
                                  UdpnatPathReport   *report)
{
  const UdpnatPathReportEntry *entry;

  self->n_shown = 0;
  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    {
      g_autofree char *words = describe_fate (entry);
      g_autofree char *rtt = entry->rtt_us > 0 ? udpnat_words_format_rtt (entry->rtt_us) : NULL;

      show_row (self, entry->address, words, rtt, entry->is_selected);
    }
  finish (self, _("None is known yet"));
}

/** udpnat_address_group_show_own: what the other is told of us */
void
udpnat_address_group_show_own (UdpnatAddressGroup *self,
                               UdpnatPathReport   *report)
{
  const UdpnatPathReportEntry *entry;

  self->n_shown = 0;
  for (guint i = 0; (entry = udpnat_path_report_get_own (report, i)) != NULL; i++)
    show_row (self, entry->address, udpnat_words_explain_source (entry->source), NULL, FALSE);
  finish (self, _("They are told none"));
}

/** udpnat_address_group_show_network: where we are */
void
udpnat_address_group_show_network (UdpnatAddressGroup  *self,
                                   UdpnatNetworkReport *report)
{
  const char *first = udpnat_network_report_get_observed (report, 0);
  const char *second = udpnat_network_report_get_observed (report, 1);
  const char *host;

  self->n_shown = 0;
  for (guint i = 0; (host = udpnat_network_report_get_host (report, i)) != NULL; i++)
    show_row (self, host, _("Address of this computer"), NULL, FALSE);
  if (*first != '\0')
    show_row (self, first, _("As the server sees you"), NULL, FALSE);
  if (*second != '\0' && !g_str_equal (first, second))
    show_row (self, second, _("As the server's second port sees you"), NULL, FALSE);
  finish (self, _("This computer is in no network"));
}

/* ---- Object ---- */

static void
udpnat_address_group_dispose (GObject *object)
{
  UdpnatAddressGroup *self = UDPNAT_ADDRESS_GROUP (object);

  g_ptr_array_set_size (self->rows, 0); /* the parent class removes the rows */
  G_OBJECT_CLASS (udpnat_address_group_parent_class)->dispose (object);
}

static void
udpnat_address_group_finalize (GObject *object)
{
  UdpnatAddressGroup *self = UDPNAT_ADDRESS_GROUP (object);

  g_ptr_array_unref (self->rows);
  G_OBJECT_CLASS (udpnat_address_group_parent_class)->finalize (object);
}

static void
udpnat_address_group_class_init (UdpnatAddressGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_address_group_dispose;
  G_OBJECT_CLASS (klass)->finalize = udpnat_address_group_finalize;
}

static void
udpnat_address_group_init (UdpnatAddressGroup *self)
{
  self->rows = g_ptr_array_new ();
}
