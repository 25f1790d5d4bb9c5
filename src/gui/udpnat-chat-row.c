/* A conversation in the list of chats: who, when, and what was said last or is going on. */

#include "config.h"

#include "udpnat-chat-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-state-icon.h"
#include "udpnat-status-words.h"
#include "udpnat-tooltip.h"

struct _UdpnatChatRow
{
  UdpnatSomebodyRow parent_instance;

  GtkLabel         *title;
  GtkWidget        *verified;
  GtkWidget        *muted;
  GtkWidget        *pinned;
  GtkLabel         *when;
  GtkImage         *state;
  GtkLabel         *text;
  GtkLabel         *unread;
};

G_DEFINE_FINAL_TYPE (UdpnatChatRow, udpnat_chat_row, UDPNAT_TYPE_SOMEBODY_ROW)

static void
set_css_class (gpointer    widget,
               const char *name,
               gboolean    is_set)
{
  if (is_set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

static void
update_unread (UdpnatChatRow *self,
               UdpnatPerson  *person)
{
  guint n_unread = udpnat_person_get_unread (person);
  g_autofree char *text = g_strdup_printf ("%u", n_unread);

  gtk_label_set_text (self->unread, text);
  gtk_widget_set_visible (GTK_WIDGET (self->unread), n_unread > 0);
  set_css_class (self->unread, "quiet", udpnat_person_is_muted (person));
  set_css_class (self->title, "unread", n_unread > 0);
}

/* How far the last line has come, when it is ours and it is what is shown. */
static void
update_state (UdpnatChatRow *self,
              UdpnatPerson  *person)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (person);
  gboolean is_shown = udpnat_chat_words_is_about_line (person) &&
                      udpnat_history_item_is_outgoing (line) &&
                      !udpnat_history_item_is_deleted (line) &&
                      !udpnat_somebody_row_is_self (UDPNAT_SOMEBODY_ROW (self));
  g_autofree char *words = NULL;

  if (is_shown)
    {
      words = udpnat_words_describe_line (line, person);
      udpnat_tooltip_set_text (GTK_WIDGET (self->state), words);
      gtk_image_set_from_icon_name (
        self->state, udpnat_state_icon_get_name (udpnat_history_item_get_state (line)));
    }
  gtk_widget_set_visible (GTK_WIDGET (self->state), is_shown);
}

static char *
dup_when (UdpnatPerson *person)
{
  gint64 shown_us = udpnat_person_get_last_shown (person);

  return shown_us > 0 ? udpnat_words_format_when (shown_us) : g_strdup ("");
}

/* All that can be seen, in the order in which it helps most to hear it. */
static void
update_name (UdpnatChatRow *self,
             UdpnatPerson  *person,
             const char    *text,
             const char    *when)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *presence = udpnat_words_describe_presence (person);
  g_autofree char *unread = NULL;
  guint n_unread = udpnat_person_get_unread (person);
  gboolean is_self = udpnat_somebody_row_is_self (UDPNAT_SOMEBODY_ROW (self));

  udpnat_chat_words_append (name, udpnat_somebody_row_get_title (UDPNAT_SOMEBODY_ROW (self)));
  if (n_unread > 0)
    unread = g_strdup_printf (ngettext ("%u unread message", "%u unread messages", n_unread),
                              n_unread);
  udpnat_chat_words_append (name, unread);
  udpnat_chat_words_append (name, text);
  if (gtk_widget_get_visible (GTK_WIDGET (self->state)) &&
      !udpnat_chat_words_is_state (person))
    udpnat_chat_words_append (name, gtk_widget_get_tooltip_text (GTK_WIDGET (self->state)));
  udpnat_chat_words_append (name, when);
  if (!is_self && !g_str_equal (presence, text))
    udpnat_chat_words_append (name, presence);
  if (udpnat_person_is_verified (person))
    udpnat_chat_words_append (name, _("Verified"));
  if (udpnat_person_is_pinned (person))
    udpnat_chat_words_append (name, _("Pinned"));
  if (udpnat_person_is_muted (person))
    udpnat_chat_words_append (name, _("Muted"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
}

static void
udpnat_chat_row_refresh (UdpnatSomebodyRow *row,
                         UdpnatPerson      *person)
{
  UdpnatChatRow *self = UDPNAT_CHAT_ROW (row);
  g_autofree char *when = dup_when (person);
  g_autofree char *text = NULL;

  text = udpnat_somebody_row_is_self (row) && udpnat_person_get_last_line (person) == NULL
           ? g_strdup (_("For whatever you want to keep"))
           : udpnat_chat_words_describe (person);
  gtk_label_set_text (self->when, when);
  gtk_label_set_text (self->text, text);
  set_css_class (self->text, "accent", udpnat_person_is_typing (person));
  set_css_class (self->text, "warning", udpnat_person_get_new_key (person) != NULL);
  gtk_widget_set_visible (self->verified, udpnat_person_is_verified (person));
  gtk_widget_set_visible (self->pinned, udpnat_person_is_pinned (person));
  gtk_widget_set_visible (self->muted, udpnat_person_is_muted (person));
  update_state (self, person);
  update_unread (self, person);
  update_name (self, person, text, when);
}

static void
udpnat_chat_row_class_init (UdpnatChatRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  UDPNAT_SOMEBODY_ROW_CLASS (klass)->refresh = udpnat_chat_row_refresh;
  udpnat_somebody_row_class_set_template (UDPNAT_SOMEBODY_ROW_CLASS (klass),
                                          "/io/github/udpnat/Udpnat/udpnat-chat-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, verified);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, muted);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, pinned);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, when);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, state);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, text);
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, unread);
}

static void
udpnat_chat_row_init (UdpnatChatRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_chat_row_new (UdpnatClient *client)
{
  return udpnat_somebody_row_new (UDPNAT_TYPE_CHAT_ROW, client);
}
