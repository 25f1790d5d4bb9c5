/* A row of what was found. One class for all kinds, as a list view makes its rows before it knows
 * what they will show. */

#include "config.h"

#include "udpnat-result-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-message-words.h"
#include "udpnat-person-avatar.h"
#include "udpnat-snippet.h"
#include "udpnat-status-words.h"

struct _UdpnatResultRow
{
  GtkBox              parent_instance;

  GtkLabel           *heading;
  GtkWidget          *body;
  UdpnatPersonAvatar *avatar;
  GtkLabel           *title;
  GtkLabel           *when;
  GtkLabel           *text;
  UdpnatClient       *client;
  UdpnatPlace        *place;          /* nullable: in the list of what was found */
  GSignalGroup       *place_signals;
  GSignalGroup       *person_signals; /* when it is one that was found */
};

enum
{
  PROP_0,
  PROP_PLACE,
  PROP_ACTIVATABLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatResultRow, udpnat_result_row, GTK_TYPE_BOX)

static void
name_row (UdpnatResultRow *self,
          const char      *title,
          const char      *text,
          const char      *when)
{
  g_autoptr (GString) name = g_string_new (NULL);

  udpnat_chat_words_append (name, title);
  udpnat_chat_words_append (name, text);
  udpnat_chat_words_append (name, when);
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
}

static void
set_person (UdpnatResultRow *self,
            UdpnatPerson    *person)
{
  gboolean is_self = person != NULL && person == udpnat_client_get_self (self->client);

  g_object_set (self->avatar, "icon-name", is_self ? "document-edit-symbolic" : NULL, NULL);
  udpnat_person_avatar_set_person (self->avatar, person);
  if (person != NULL)
    gtk_label_set_text (self->title, udpnat_chat_words_get_title (self->client, person));
}

static void
person_changed_cb (UdpnatResultRow *self)
{
  g_autoptr (UdpnatPerson) person = g_signal_group_dup_target (self->person_signals);
  g_autofree char *text = NULL;
  const char *title;

  if (person == NULL)
    return;
  title = udpnat_chat_words_get_title (self->client, person);
  if (person == udpnat_client_get_self (self->client))
    text = g_strdup (_("For whatever you want to keep"));
  else if (udpnat_person_get_relation (person) == UDPNAT_RELATION_REQUEST)
    text = g_strdup (_("Wants to write to you"));
  else
    text = udpnat_words_describe_person (person);
  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->text, text);
  name_row (self, title, text, NULL);
}

static void
show_line (UdpnatResultRow   *self,
           UdpnatHistoryItem *line,
           const char        *words)
{
  UdpnatPerson *person = udpnat_client_get_person_of (self->client, line);
  g_autofree char *file = udpnat_history_item_get_offer (line) != NULL
                            ? udpnat_message_words_preview (line) : NULL;
  const char *whole = file != NULL ? file : udpnat_history_item_get_text (line);
  g_autoptr (PangoAttrList) attributes = NULL;
  g_autofree char *text = udpnat_snippet_new (whole != NULL ? whole : "", words, &attributes);
  g_autofree char *when = udpnat_words_format_when (udpnat_history_item_get_shown_us (line));

  set_person (self, person);
  gtk_label_set_text (self->text, text);
  gtk_label_set_attributes (self->text, attributes);
  gtk_label_set_text (self->when, when);
  name_row (self, udpnat_chat_words_get_title (self->client, person), text, when);
}

static void
show_heading (UdpnatResultRow *self,
              const char      *heading)
{
  gtk_label_set_text (self->heading, heading);
  udpnat_chat_words_name_row (GTK_WIDGET (self), heading);
}

static gpointer
get_item (UdpnatResultRow *self)
{
  return self->place != NULL ? udpnat_place_get_item (self->place) : NULL;
}

static void
item_changed_cb (UdpnatResultRow *self)
{
  gpointer item = get_item (self);
  gboolean is_heading = GTK_IS_STRING_OBJECT (item);

  gtk_widget_set_visible (GTK_WIDGET (self->heading), is_heading);
  gtk_widget_set_visible (self->body, !is_heading);
  gtk_label_set_attributes (self->text, NULL);
  gtk_label_set_text (self->when, "");
  set_person (self, UDPNAT_IS_PERSON (item) ? item : NULL);
  g_signal_group_set_target (self->person_signals, UDPNAT_IS_PERSON (item) ? item : NULL);
  if (is_heading)
    show_heading (self, gtk_string_object_get_string (item));
  else if (UDPNAT_IS_HISTORY_ITEM (item))
    show_line (self, item, udpnat_place_get_words (self->place));
  else
    person_changed_cb (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVATABLE]);
}

static void
udpnat_result_row_get_property (GObject    *object,
                                guint       prop_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  UdpnatResultRow *self = UDPNAT_RESULT_ROW (object);

  switch (prop_id)
    {
    case PROP_PLACE:
      g_value_set_object (value, self->place);
      break;
    case PROP_ACTIVATABLE:
      g_value_set_boolean (value, !GTK_IS_STRING_OBJECT (get_item (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_result_row_set_property (GObject      *object,
                                guint         prop_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  UdpnatResultRow *self = UDPNAT_RESULT_ROW (object);

  switch (prop_id)
    {
    case PROP_PLACE:
      g_set_object (&self->place, g_value_get_object (value));
      g_signal_group_set_target (self->place_signals, self->place);
      item_changed_cb (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_result_row_dispose (GObject *object)
{
  UdpnatResultRow *self = UDPNAT_RESULT_ROW (object);

  g_clear_object (&self->place_signals);
  g_clear_object (&self->person_signals);
  g_clear_object (&self->place);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_result_row_parent_class)->dispose (object);
}

static void
udpnat_result_row_class_init (UdpnatResultRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = udpnat_result_row_get_property;
  object_class->set_property = udpnat_result_row_set_property;
  object_class->dispose = udpnat_result_row_dispose;

  properties[PROP_PLACE] = g_param_spec_object ("place", NULL, NULL, UDPNAT_TYPE_PLACE,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  properties[PROP_ACTIVATABLE] = g_param_spec_boolean ("activatable", NULL, NULL, TRUE,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                         G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-result-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, heading);
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, body);
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, avatar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, when);
  gtk_widget_class_bind_template_child (widget_class, UdpnatResultRow, text);
}

static void
udpnat_result_row_init (UdpnatResultRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->place_signals = g_signal_group_new (UDPNAT_TYPE_PLACE);
  g_signal_group_connect_swapped (self->place_signals, "notify::item",
                                  G_CALLBACK (item_changed_cb), self);
  self->person_signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  g_signal_group_connect_swapped (self->person_signals, "notify", G_CALLBACK (person_changed_cb),
                                  self);
}

GtkWidget *
udpnat_result_row_new (UdpnatClient *client)
{
  UdpnatResultRow *self = g_object_new (UDPNAT_TYPE_RESULT_ROW, NULL);

  self->client = g_object_ref (client);
  return GTK_WIDGET (self);
}
