/* A conversation in the list of chats: who, when, and what was said last or is going on. */

#include "config.h"

#include "udpnat-chat-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-person-avatar.h"
#include "udpnat-state-icon.h"
#include "udpnat-status-words.h"

struct _UdpnatChatRow
{
  GtkBox              parent_instance;

  UdpnatPersonAvatar *avatar;
  GtkLabel           *title;
  GtkWidget          *verified;
  GtkWidget          *muted;
  GtkWidget          *pinned;
  GtkLabel           *when;
  GtkImage           *state;
  GtkLabel           *text;
  GtkLabel           *unread;
  UdpnatClient       *client;
  UdpnatPerson       *person; /* nullable */
  GSignalGroup       *signals;
};

enum
{
  PROP_0,
  PROP_PERSON,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatChatRow, udpnat_chat_row, GTK_TYPE_BOX)

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
update_unread (UdpnatChatRow *self)
{
  guint n_unread = udpnat_person_get_unread (self->person);
  g_autofree char *text = g_strdup_printf ("%u", n_unread);

  gtk_label_set_text (self->unread, text);
  gtk_widget_set_visible (GTK_WIDGET (self->unread), n_unread > 0);
  set_css_class (self->unread, "quiet", udpnat_person_is_muted (self->person));
  set_css_class (self->title, "unread", n_unread > 0);
}

/* How far the last line has come, when it is ours and it is what is shown. */
static void
update_state (UdpnatChatRow *self)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (self->person);
  gboolean is_shown = udpnat_chat_words_is_about_line (self->person) &&
                      udpnat_history_item_is_outgoing (line) &&
                      !udpnat_history_item_is_deleted (line) &&
                      self->person != udpnat_client_get_self (self->client);
  g_autofree char *words = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->state), is_shown);
  if (!is_shown)
    return;
  words = udpnat_words_describe_line (line, self->person);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->state), words);
  gtk_image_set_from_icon_name (
    self->state, udpnat_state_icon_get_name (udpnat_history_item_get_state (line)));
}

static char *
dup_when (UdpnatChatRow *self)
{
  gint64 shown_us = udpnat_person_get_last_shown (self->person);

  return shown_us > 0 ? udpnat_words_format_when (shown_us) : g_strdup ("");
}

/* All that can be seen, in the order in which it helps most to hear it. */
static void
update_name (UdpnatChatRow *self,
             const char    *text,
             const char    *when)
{
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *presence = udpnat_words_describe_presence (self->person);
  g_autofree char *unread = NULL;
  guint n_unread = udpnat_person_get_unread (self->person);
  gboolean is_self = self->person == udpnat_client_get_self (self->client);

  udpnat_chat_words_append (name, udpnat_chat_words_get_title (self->client, self->person));
  if (n_unread > 0)
    unread = g_strdup_printf (ngettext ("%u unread message", "%u unread messages", n_unread),
                              n_unread);
  udpnat_chat_words_append (name, unread);
  udpnat_chat_words_append (name, text);
  if (gtk_widget_get_visible (GTK_WIDGET (self->state)) &&
      !udpnat_chat_words_is_state (self->person))
    udpnat_chat_words_append (name, gtk_widget_get_tooltip_text (GTK_WIDGET (self->state)));
  udpnat_chat_words_append (name, when);
  if (!is_self && !g_str_equal (presence, text))
    udpnat_chat_words_append (name, presence);
  if (udpnat_person_is_verified (self->person))
    udpnat_chat_words_append (name, _("Verified"));
  if (udpnat_person_is_pinned (self->person))
    udpnat_chat_words_append (name, _("Pinned"));
  if (udpnat_person_is_muted (self->person))
    udpnat_chat_words_append (name, _("Muted"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
}

/** udpnat_chat_row_refresh: brings up to date what changes by itself: that today is yesterday */
void
udpnat_chat_row_refresh (UdpnatChatRow *self)
{
  g_autofree char *text = NULL;
  g_autofree char *when = NULL;
  gboolean is_self;

  if (self->person == NULL)
    return;
  is_self = self->person == udpnat_client_get_self (self->client);
  text = is_self && udpnat_person_get_last_line (self->person) == NULL
           ? g_strdup (_("For whatever you want to keep"))
           : udpnat_chat_words_describe (self->person);
  when = dup_when (self);
  gtk_label_set_text (self->title, udpnat_chat_words_get_title (self->client, self->person));
  gtk_label_set_text (self->when, when);
  gtk_label_set_text (self->text, text);
  set_css_class (self->text, "accent", udpnat_person_is_typing (self->person));
  set_css_class (self->text, "warning", udpnat_person_get_new_key (self->person) != NULL);
  gtk_widget_set_visible (self->verified, udpnat_person_is_verified (self->person));
  gtk_widget_set_visible (self->pinned, udpnat_person_is_pinned (self->person));
  gtk_widget_set_visible (self->muted, udpnat_person_is_muted (self->person));
  update_state (self);
  update_unread (self);
  update_name (self, text, when);
}

/** udpnat_chat_row_set_person: @person: (nullable) */
void
udpnat_chat_row_set_person (UdpnatChatRow *self,
                            UdpnatPerson  *person)
{
  gboolean is_self = person != NULL && person == udpnat_client_get_self (self->client);

  if (!g_set_object (&self->person, person))
    return;
  g_object_set (self->avatar, "icon-name", is_self ? "document-edit-symbolic" : NULL, NULL);
  udpnat_person_avatar_set_person (self->avatar, person);
  g_signal_group_set_target (self->signals, person);
  udpnat_chat_row_refresh (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PERSON]);
}

static void
udpnat_chat_row_get_property (GObject    *object,
                              guint       prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      g_value_set_object (value, UDPNAT_CHAT_ROW (object)->person);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_chat_row_set_property (GObject      *object,
                              guint         prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_PERSON:
      udpnat_chat_row_set_person (UDPNAT_CHAT_ROW (object), g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_chat_row_dispose (GObject *object)
{
  UdpnatChatRow *self = UDPNAT_CHAT_ROW (object);

  g_clear_object (&self->signals);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_chat_row_parent_class)->dispose (object);
}

static void
udpnat_chat_row_class_init (UdpnatChatRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = udpnat_chat_row_get_property;
  object_class->set_property = udpnat_chat_row_set_property;
  object_class->dispose = udpnat_chat_row_dispose;

  properties[PROP_PERSON] = g_param_spec_object ("person", NULL, NULL, UDPNAT_TYPE_PERSON,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-chat-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatChatRow, avatar);
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
  self->signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  /* Almost everything is shown, and the words come from several properties at once. */
  g_signal_group_connect_swapped (self->signals, "notify", G_CALLBACK (udpnat_chat_row_refresh),
                                  self);
}

GtkWidget *
udpnat_chat_row_new (UdpnatClient *client)
{
  UdpnatChatRow *self = g_object_new (UDPNAT_TYPE_CHAT_ROW, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}
