/* What is said in the bubble of a row: the text with its links, and what it answers. */

#include "config.h"

#include "udpnat-message-row-private.h"

#include <glib/gi18n.h>

#include "udpnat-link-text.h"
#include "udpnat-message-text.h"
#include "udpnat-message-words.h"
#include "udpnat-quote-block.h"

/* A label without a least width lays its text out a character a line to find out how narrow it can
 * be: half of the time that a page takes. */
#define WIDTH_MIN_CHARACTERS 8

static UdpnatHistoryItem *
get_item (UdpnatMessageRow *self)
{
  return udpnat_history_row_get_item (self->row);
}

static GVariant *
get_number (UdpnatMessageRow *self)
{
  return g_variant_new_int64 (udpnat_history_row_get_number (self->row));
}

/* ---- The text ---- */

static void
show_plain (UdpnatMessageRow *self,
            const char       *words)
{
  gtk_widget_add_css_class (GTK_WIDGET (self->text), "dim-label");
  gtk_label_set_text (self->text, words);
}

static void
show_all_offer (UdpnatMessageRow *self,
                gboolean          is_shown)
{
  if (is_shown && self->show_all == NULL)
    {
      self->show_all = gtk_button_new_with_label (_("Show All"));
      gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->show_all), get_number (self));
      gtk_widget_add_css_class (self->show_all, "flat");
      gtk_widget_set_halign (self->show_all, GTK_ALIGN_START);
      gtk_actionable_set_action_name (GTK_ACTIONABLE (self->show_all), "message.show-all");
      gtk_box_append (GTK_BOX (self->bubble), self->show_all);
    }
  if (self->show_all == NULL)
    return;
  if (is_shown)
    gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->show_all), get_number (self));
  gtk_widget_set_visible (self->show_all, is_shown);
}

static void
show_said (UdpnatMessageRow *self,
           const char       *text)
{
  g_autofree char *shortened = udpnat_message_text_shorten (text);
  const char *shown = shortened != NULL ? shortened : text;
  g_autofree char *markup = udpnat_link_text_to_markup (shown);
  guint n_emoji = udpnat_message_text_count_emoji (shown);

  udpnat_message_row_set_class (self->bubble, "few-emoji", n_emoji > 0 && n_emoji <= 3);
  udpnat_message_row_set_class (self->bubble, "emoji", n_emoji > 0);
  gtk_label_set_wrap_mode (self->text, udpnat_message_text_has_long_word (shown)
                                         ? PANGO_WRAP_CHAR
                                         : PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (self->text,
                             (int) udpnat_message_text_get_least_width (shown,
                                                                        WIDTH_MIN_CHARACTERS));
  if (markup != NULL)
    gtk_label_set_markup (self->text, markup);
  else
    gtk_label_set_text (self->text, shown);
  show_all_offer (self, shortened != NULL);
}

/** udpnat_message_row_show_text: what its writer has written, or why that cannot be shown */
void
udpnat_message_row_show_text (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  const char *text = udpnat_history_item_get_text (item);

  gtk_widget_remove_css_class (GTK_WIDGET (self->text), "dim-label");
  if (!udpnat_history_item_is_deleted (item) && text != NULL &&
      udpnat_history_item_get_offer (item) == NULL)
    {
      show_said (self, text);
      return;
    }
  gtk_widget_remove_css_class (self->bubble, "few-emoji");
  gtk_widget_remove_css_class (self->bubble, "emoji");
  show_all_offer (self, FALSE);
  if (udpnat_history_item_get_offer (item) != NULL)
    {
      gtk_label_set_text (self->text, text); /* its name, where the file itself is not shown */
      return;
    }
  show_plain (self, udpnat_history_item_is_deleted (item)
                      ? _("Message deleted")
                      : _("Needs a newer version of udpnat"));
}

/* ---- What is answered ---- */

static GtkWidget *
create_quote (UdpnatMessageRow *self)
{
  GtkWidget *button = gtk_button_new ();

  gtk_button_set_child (GTK_BUTTON (button), udpnat_quote_block_new ());
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "quote-button");
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), get_number (self));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "message.go-to-quoted");
  gtk_box_prepend (GTK_BOX (self->bubble), button);
  return button;
}

/** udpnat_message_row_show_quote: what the message answers, if it does */
void
udpnat_message_row_show_quote (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  gboolean is_shown = udpnat_history_item_get_quoted_id (item) != NULL;
  const char *text = udpnat_history_item_get_quoted_text (item);
  gboolean is_outgoing = udpnat_history_item_is_quoted_outgoing (item);
  const char *sender = udpnat_message_words_get_sender (self->person, is_outgoing);
  g_autofree char *name = NULL;

  if (is_shown && self->quote == NULL)
    self->quote = create_quote (self);
  if (self->quote == NULL)
    return;
  gtk_widget_set_visible (self->quote, is_shown);
  if (!is_shown)
    return;
  udpnat_quote_block_set (UDPNAT_QUOTE_BLOCK (gtk_button_get_child (GTK_BUTTON (self->quote))),
                          sender, text);
  gtk_widget_set_sensitive (self->quote, text != NULL);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->quote), get_number (self));
  name = g_strdup_printf (_("Go to the message of %s that this answers"), sender);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->quote), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  name, -1);
}

/* ---- Links ---- */

/* Whether the program itself takes what the link names: a person. */
static gboolean
is_for_us (const char   *uri,
           GApplication *application)
{
  return g_ascii_strncasecmp (uri, "udpnat:", 7) == 0 && application != NULL &&
         (g_application_get_flags (application) & G_APPLICATION_HANDLES_OPEN) != 0;
}

static void
shown_cb (GObject      *window,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatMessageRow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gtk_show_uri_full_finish (GTK_WINDOW (window), result, &error) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    gtk_widget_activate_action (GTK_WIDGET (self), "message.cannot-open", NULL);
}

/** udpnat_message_row_open_link: a click on a link in the text */
void
udpnat_message_row_open_link (UdpnatMessageRow *self,
                              const char       *uri)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  GApplication *application = G_APPLICATION (gtk_window_get_application (window));
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  if (is_for_us (uri, application))
    g_application_open (application, &file, 1, "");
  else
    gtk_show_uri_full (window, uri, GDK_CURRENT_TIME, NULL, shown_cb, g_object_ref (self));
}
