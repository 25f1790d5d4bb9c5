/* The conversation with one person: who it is, what was said, and where to write. What can be done
 * with it: udpnat-conversation-page-actions.c; what stands in between: -banner.c. */

#include "config.h"

#include "udpnat-conversation-page-private.h"

#include <glib/gi18n.h>

#include "udpnat-announcement.h"
#include "udpnat-message-words.h"
#include "udpnat-status-words.h"
#include "udpnat-tooltip.h"
#include "udpnat-transfer.h"

/* How often the round trip in the header is looked up while it can be seen. */
#define PATH_S 2

enum
{
  PROP_0,
  PROP_MUTED,
  PROP_PINNED,
  N_PROPS
};

enum
{
  DETAILS_REQUESTED,
  PERSON_REQUESTED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatConversationPage, udpnat_conversation_page, GTK_TYPE_BOX)

/* ---- The header ---- */

static gboolean
path_cb (gpointer user_data)
{
  UdpnatConversationPage *self = user_data;

  udpnat_client_refresh_path (self->client, self->person);
  return G_SOURCE_CONTINUE;
}

/* While a path is there and somebody looks; otherwise nothing wakes up. */
static void
watch_path (UdpnatConversationPage *self)
{
  gboolean is_watched = self->person != NULL && udpnat_person_has_path (self->person) &&
                        udpnat_person_is_online (self->person) &&
                        gtk_widget_get_mapped (GTK_WIDGET (self));

  if (is_watched && self->path_id == 0)
    self->path_id = g_timeout_add_seconds (PATH_S, path_cb, self);
  else if (!is_watched)
    g_clear_handle_id (&self->path_id, g_source_remove);
}

static void
show_typing (UdpnatConversationPage *self)
{
  gboolean is_typing = self->person != NULL && udpnat_person_is_typing (self->person);
  g_autofree char *words = NULL;

  if (is_typing)
    {
      words = g_strdup_printf (_("%s is writing…"), udpnat_person_get_title (self->person));
      gtk_label_set_text (self->typing, words);
    }
  gtk_revealer_set_reveal_child (self->typing_revealer, is_typing);
}

static void
show_avatar (UdpnatConversationPage *self)
{
  gboolean is_self = self->person == udpnat_client_get_self (self->client);

  udpnat_person_avatar_set_person (self->avatar, self->person);
  g_object_set (self->avatar, "icon-name", is_self ? "document-edit-symbolic" : NULL, NULL);
}

static void
show_header (UdpnatConversationPage *self)
{
  gboolean is_self = self->person == udpnat_client_get_self (self->client);
  const char *title = is_self ? _("Note to Self") : udpnat_person_get_title (self->person);
  g_autofree char *words = is_self ? g_strdup ("") : udpnat_words_describe_person (self->person);
  g_autofree char *name = NULL;

  /* Translators: what a screen reader says of the button with a person's name: Bob, Online */
  name = is_self ? g_strdup (title) : g_strdup_printf (_("%s, %s"), title, words);
  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->subtitle, words);
  udpnat_tooltip_set_text (GTK_WIDGET (self->subtitle), words);
  gtk_widget_set_visible (GTK_WIDGET (self->subtitle), *words != '\0');
  gtk_widget_set_visible (self->verified, udpnat_person_is_verified (self->person));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->title_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

/* There is no connection to oneself: then it is a title like others, and not a button that is grey
 * because it cannot be pressed. */
static void
set_title_leads_on (UdpnatConversationPage *self,
                    gboolean                leads_on)
{
  const char *tip = leads_on ? _("Connection and Keys") : NULL;

  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->title_button),
                                  leads_on ? "talk.details" : NULL);
  gtk_widget_set_sensitive (self->title_button, TRUE);
  gtk_widget_set_can_target (self->title_button, leads_on);
  gtk_widget_set_focusable (self->title_button, leads_on);
  gtk_widget_set_tooltip_text (self->title_button, tip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->title_button),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, tip != NULL ? tip : "", -1);
}

static void
person_changed_cb (UdpnatConversationPage *self)
{
  show_header (self);
  show_typing (self);
  watch_path (self);
  udpnat_conversation_page_refresh_banner (self);
  udpnat_conversation_page_refresh_actions (self);
}

static void
mute_or_pin_changed_cb (UdpnatConversationPage *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MUTED]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PINNED]);
}

/** udpnat_conversation_page_ask_details: the user wants to see connection and keys */
void
udpnat_conversation_page_ask_details (UdpnatConversationPage *self)
{
  g_signal_emit (self, signals[DETAILS_REQUESTED], 0, self->person);
}

/** udpnat_conversation_page_ask_person: the conversation goes on with @person */
void
udpnat_conversation_page_ask_person (UdpnatConversationPage *self,
                                     UdpnatPerson           *person)
{
  g_signal_emit (self, signals[PERSON_REQUESTED], 0, person);
}

/* ---- Between list and composer ---- */

static void
reply_requested_cb (UdpnatConversationPage *self,
                    UdpnatHistoryItem      *line)
{
  udpnat_composer_reply_to (self->composer, line);
}

static void
edit_requested_cb (UdpnatConversationPage *self,
                   UdpnatHistoryItem      *line)
{
  udpnat_composer_edit (self->composer, line);
}

static void
edit_last_requested_cb (UdpnatConversationPage *self)
{
  g_autoptr (UdpnatHistoryItem) line = udpnat_message_list_get_last_own (self->list);

  if (line != NULL)
    udpnat_composer_edit (self->composer, line);
}

static void
sent_cb (UdpnatConversationPage *self)
{
  udpnat_message_list_clear_unread (self->list);
  udpnat_message_list_go_to_end (self->list);
}

static void
search_closed_cb (UdpnatConversationPage *self)
{
  udpnat_message_list_clear_hit (self->list);
  udpnat_composer_focus (self->composer);
}

static void
failed_cb (UdpnatConversationPage *self,
           const char             *sentence)
{
  g_autofree char *escaped = g_markup_escape_text (sentence, -1);

  adw_toast_overlay_add_toast (self->toasts, adw_toast_new (escaped));
  udpnat_announcement_make (GTK_WIDGET (self), sentence);
}

/* Who sees the window sees it come; who is elsewhere is told by a notification. */
static void
item_added_cb (UdpnatConversationPage *self,
               UdpnatPerson           *person,
               UdpnatHistoryItem      *line)
{
  g_autofree char *text = NULL;
  g_autofree char *sentence = NULL;

  if (person != self->person || udpnat_history_item_is_outgoing (line))
    return;
  text = udpnat_message_words_preview (line);
  sentence = g_strdup_printf (_("%s: %s"), udpnat_person_get_title (person), text);
  udpnat_announcement_make (GTK_WIDGET (self), sentence);
}

static void
transfer_changed_cb (UdpnatConversationPage *self,
                     UdpnatPerson           *person,
                     UdpnatTransfer         *transfer)
{
  g_autofree char *sentence = NULL;

  if (person != self->person || udpnat_transfer_is_outgoing (transfer) ||
      udpnat_transfer_get_state (transfer) != UDPNAT_TRANSFER_STATE_DONE)
    return;
  /* Translators: %s is a file that has come */
  sentence = g_strdup_printf (_("%s is here"), udpnat_transfer_get_name (transfer));
  udpnat_announcement_make (GTK_WIDGET (self), sentence);
}

/* ---- The person ---- */

/** udpnat_conversation_page_get_person: Returns: (transfer none) (nullable): who is talked with */
UdpnatPerson *
udpnat_conversation_page_get_person (UdpnatConversationPage *self)
{
  return self->person;
}

/** udpnat_conversation_page_set_person: @person: (nullable): whose conversation is to be shown */
void
udpnat_conversation_page_set_person (UdpnatConversationPage *self,
                                     UdpnatPerson           *person)
{
  if (!g_set_object (&self->person, person))
    return;
  g_signal_group_set_target (self->person_signals, person);
  gtk_widget_set_visible (self->title_button, person != NULL);
  gtk_widget_set_visible (self->menu_button, person != NULL);
  gtk_stack_set_visible_child_name (self->pages, person != NULL ? "talk" : "nobody");
  udpnat_search_bar_set_person (self->search, person);
  udpnat_message_list_set_person (self->list, person);
  udpnat_composer_set_person (self->composer, person);
  if (person == NULL)
    {
      watch_path (self);
      udpnat_conversation_page_refresh_actions (self);
      return;
    }
  show_avatar (self);
  person_changed_cb (self);
  set_title_leads_on (self, person != udpnat_client_get_self (self->client));
  mute_or_pin_changed_cb (self);
  udpnat_composer_focus (self->composer);
}

/** udpnat_conversation_page_show_line: goes to a line, as a search has found it */
void
udpnat_conversation_page_show_line (UdpnatConversationPage *self,
                                    gint64                  number)
{
  udpnat_message_list_go_to (self->list, number);
}

/** udpnat_conversation_page_start_search: lets the user look for something in this conversation */
void
udpnat_conversation_page_start_search (UdpnatConversationPage *self)
{
  if (self->person != NULL)
    udpnat_search_bar_start (self->search);
}

/** udpnat_conversation_page_attach: lets the user look for a file to give */
void
udpnat_conversation_page_attach (UdpnatConversationPage *self)
{
  udpnat_composer_choose_files (self->composer);
}

/** udpnat_conversation_page_count_unsent: Returns: files that were to be sent, to whomever, and are
 * not offered yet */
guint
udpnat_conversation_page_count_unsent (UdpnatConversationPage *self)
{
  return udpnat_composer_count_unsent (self->composer);
}

/* ---- Object ---- */

static void
udpnat_conversation_page_get_property (GObject    *object,
                                       guint       prop_id,
                                       GValue     *value,
                                       GParamSpec *pspec)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (object);

  switch (prop_id)
    {
    case PROP_MUTED:
      g_value_set_boolean (value, self->person != NULL && udpnat_person_is_muted (self->person));
      break;
    case PROP_PINNED:
      g_value_set_boolean (value, self->person != NULL && udpnat_person_is_pinned (self->person));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_conversation_page_set_property (GObject      *object,
                                       guint         prop_id,
                                       const GValue *value,
                                       GParamSpec   *pspec)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (object);

  switch (prop_id)
    {
    case PROP_MUTED:
      if (self->person != NULL)
        udpnat_client_set_muted (self->client, self->person, g_value_get_boolean (value));
      break;
    case PROP_PINNED:
      if (self->person != NULL)
        udpnat_client_set_pinned (self->client, self->person, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_conversation_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (udpnat_conversation_page_parent_class)->map (widget);
  watch_path (UDPNAT_CONVERSATION_PAGE (widget));
}

static void
udpnat_conversation_page_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (udpnat_conversation_page_parent_class)->unmap (widget);
  watch_path (UDPNAT_CONVERSATION_PAGE (widget));
}

static void
udpnat_conversation_page_dispose (GObject *object)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (object);

  g_clear_handle_id (&self->path_id, g_source_remove);
  g_clear_object (&self->chooser);
  g_clear_object (&self->settings);
  g_clear_object (&self->person_signals);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_conversation_page_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  g_type_ensure (UDPNAT_TYPE_BANNER);
  g_type_ensure (UDPNAT_TYPE_COMPOSER);
  g_type_ensure (UDPNAT_TYPE_MESSAGE_LIST);
  g_type_ensure (UDPNAT_TYPE_PERSON_AVATAR);
  g_type_ensure (UDPNAT_TYPE_SEARCH_BAR);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-conversation-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, header);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, title_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, avatar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, subtitle);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, verified);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, back_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, menu_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, toasts);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, banner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, search);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, list);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, typing_revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, typing);
  gtk_widget_class_bind_template_child (widget_class, UdpnatConversationPage, composer);
}

static void
udpnat_conversation_page_class_init (UdpnatConversationPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = udpnat_conversation_page_dispose;
  object_class->get_property = udpnat_conversation_page_get_property;
  object_class->set_property = udpnat_conversation_page_set_property;
  widget_class->map = udpnat_conversation_page_map;
  widget_class->unmap = udpnat_conversation_page_unmap;

  properties[PROP_MUTED] = g_param_spec_boolean ("muted", NULL, NULL, FALSE, flags);
  properties[PROP_PINNED] = g_param_spec_boolean ("pinned", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[DETAILS_REQUESTED] = g_signal_new ("details-requested", UDPNAT_TYPE_CONVERSATION_PAGE,
                                             G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                             1, UDPNAT_TYPE_PERSON);
  signals[PERSON_REQUESTED] = g_signal_new ("person-requested", UDPNAT_TYPE_CONVERSATION_PAGE,
                                            G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                            UDPNAT_TYPE_PERSON);
  bind_template (widget_class);
  udpnat_conversation_page_install_actions (widget_class);
}

static void
connect_parts (UdpnatConversationPage *self)
{
  GObject *list = G_OBJECT (self->list);
  GObject *composer = G_OBJECT (self->composer);

  g_signal_connect_object (list, "reply-requested", G_CALLBACK (reply_requested_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (list, "edit-requested", G_CALLBACK (edit_requested_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (list, "failed", G_CALLBACK (failed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "hit-selected",
                           G_CALLBACK (udpnat_conversation_page_show_line), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search, "closed", G_CALLBACK (search_closed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (composer, "sent", G_CALLBACK (sent_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (composer, "edit-last-requested", G_CALLBACK (edit_last_requested_cb),
                           self, G_CONNECT_SWAPPED);
}

static void
udpnat_conversation_page_init (UdpnatConversationPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->person_signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  g_signal_group_connect_swapped (self->person_signals, "notify", G_CALLBACK (person_changed_cb),
                                  self);
  g_signal_group_connect_swapped (self->person_signals, "notify::muted",
                                  G_CALLBACK (mute_or_pin_changed_cb), self);
  g_signal_group_connect_swapped (self->person_signals, "notify::pinned",
                                  G_CALLBACK (mute_or_pin_changed_cb), self);
  connect_parts (self);
  udpnat_composer_watch_drops (self->composer, GTK_WIDGET (self->pages));
}

/** udpnat_conversation_page_new: @settings: (nullable): the window's */
GtkWidget *
udpnat_conversation_page_new (UdpnatClient *client,
                              GSettings    *settings)
{
  UdpnatConversationPage *self = g_object_new (UDPNAT_TYPE_CONVERSATION_PAGE, NULL);

  self->client = g_object_ref (client);
  g_set_object (&self->settings, settings);
  g_signal_connect_object (client, "item-added", G_CALLBACK (item_added_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "transfer-changed", G_CALLBACK (transfer_changed_cb), self,
                           G_CONNECT_SWAPPED);
  udpnat_search_bar_set_client (self->search, client);
  udpnat_message_list_set_client (self->list, client);
  udpnat_message_list_set_settings (self->list, settings);
  udpnat_composer_set_up (self->composer, client, settings);
  udpnat_conversation_page_refresh_actions (self);
  return GTK_WIDGET (self);
}

GtkWidget *
udpnat_conversation_page_get_header (UdpnatConversationPage *self)
{
  return self->header;
}

/** udpnat_conversation_page_get_back_button: what a folded shell shows to get back to the list */
GtkWidget *
udpnat_conversation_page_get_back_button (UdpnatConversationPage *self)
{
  return self->back_button;
}
