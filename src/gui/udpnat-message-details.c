/* The times of one message, as far as they are known; of a file, how far it has come. */

#include "config.h"

#include "udpnat-message-details.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"
#include "udpnat-local-time.h"
#include "udpnat-status-words.h"

static void
add_fact (GtkListBox *list,
          const char *title,
          const char *words)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *label = gtk_label_new (words);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_natural_wrap_mode (GTK_LABEL (label), GTK_NATURAL_WRAP_NONE);
  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_RIGHT);
  gtk_widget_add_css_class (label, "dim-label");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
  gtk_list_box_append (list, row);
}

static void
add_time (GtkListBox *list,
          const char *title,
          gint64      wall_us)
{
  g_autoptr (GDateTime) time = NULL;
  g_autofree char *words = NULL;

  if (wall_us != 0)
    time = udpnat_local_time_new (wall_us);
  if (time == NULL)
    return;
  /* Translators: day and time to the second, as g_date_time_format() takes it
   * xgettext:no-c-format */
  words = g_date_time_format (time, _("%x %X"));
  add_fact (list, title, words);
}

/* What may be long stands below. */
static void
add_long_fact (GtkListBox *list,
               const char *title,
               const char *words)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), words);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_list_box_append (list, row);
}

/* In the conversation there may be no room for all of these. */
static void
add_file (GtkListBox     *list,
          UdpnatTransfer *transfer,
          UdpnatPerson   *person)
{
  g_autofree char *words = udpnat_transfer_describe (transfer, udpnat_person_get_title (person));
  const char *path = udpnat_transfer_get_path (transfer);
  g_autofree char *place = path != NULL ? g_filename_display_name (path) : NULL;

  add_long_fact (list, udpnat_transfer_is_folder (transfer) ? _("Folder") : _("File"), words);
  if (place != NULL)
    add_long_fact (list, _("Place"), place);
}

static GtkWidget *
create_facts (UdpnatHistoryItem *line,
              UdpnatTransfer    *transfer,
              UdpnatPerson      *person)
{
  GtkWidget *list = gtk_list_box_new ();
  gboolean is_outgoing = udpnat_history_item_is_outgoing (line);
  g_autofree char *state = udpnat_words_describe_line (line, person);

  gtk_list_box_set_selection_mode (GTK_LIST_BOX (list), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (list, "boxed-list");
  add_time (GTK_LIST_BOX (list), _("Written"), udpnat_history_item_get_sent_us (line));
  if (!is_outgoing)
    add_time (GTK_LIST_BOX (list), _("Received"), udpnat_history_item_get_received_us (line));
  add_time (GTK_LIST_BOX (list), _("Edited"), udpnat_history_item_get_edited_us (line));
  if (is_outgoing)
    add_fact (GTK_LIST_BOX (list), C_("of a message", "State"), state);
  if (transfer != NULL)
    add_file (GTK_LIST_BOX (list), transfer, person);
  return list;
}

/** udpnat_message_details_present: @transfer: (nullable): the file that @line offers */
void
udpnat_message_details_present (GtkWindow         *parent,
                                UdpnatHistoryItem *line,
                                UdpnatTransfer    *transfer,
                                UdpnatPerson      *person)
{
  GtkWidget *dialog = udpnat_dialog_new (parent, _("Message Details"), NULL);

  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog),
                                      create_facts (line, transfer, person));
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("_Close"));
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "close");
  gtk_window_present (GTK_WINDOW (dialog));
}
