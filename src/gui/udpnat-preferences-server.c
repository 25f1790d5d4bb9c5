/* The page about the server. */

#include "config.h"

#include "udpnat-preferences-server.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"
#include "udpnat-field-error.h"
#include "udpnat-invitation-link.h"
#include "udpnat-server-address.h"
#include "udpnat-status-words.h"
#include "udpnat-unbroken.h"

struct _UdpnatPreferencesServer
{
  AdwPreferencesPage parent_instance;

  AdwEntryRow       *address_row;
  GtkLabel          *error_label;
  AdwActionRow      *state_row;
  GtkWidget         *retry_button;
  AdwActionRow      *key_row;
  GtkWidget         *forget_button;

  UdpnatClient      *client;
};

enum
{
  SIGNAL_SAY,
  SIGNAL_USE_SERVER,
  SIGNAL_HOST,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatPreferencesServer, udpnat_preferences_server, ADW_TYPE_PREFERENCES_PAGE)

static void
refresh (UdpnatPreferencesServer *self)
{
  UdpnatServerState state = udpnat_client_get_server_state (self->client);
  g_autofree char *words = udpnat_words_describe_server (self->client);
  g_autofree char *key = udpnat_client_dup_server_key (self->client);

  adw_action_row_set_subtitle (self->state_row, words);
  gtk_widget_set_visible (self->retry_button, state != UDPNAT_SERVER_STATE_NONE &&
                                              state != UDPNAT_SERVER_STATE_REGISTERED);
  gtk_widget_set_visible (GTK_WIDGET (self->key_row), state != UDPNAT_SERVER_STATE_NONE);
  udpnat_unbroken_set_subtitle (self->key_row, key != NULL ? key : _("Not met yet"));
  gtk_widget_set_visible (self->forget_button, key != NULL);
}

static void
refresh_address (UdpnatPreferencesServer *self)
{
  g_autofree char *server = udpnat_client_dup_home_server (self->client);

  gtk_editable_set_text (GTK_EDITABLE (self->address_row), server != NULL ? server : "");
  refresh (self);
}

static void
changed_cb (UdpnatPreferencesServer *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->address_row), self->error_label);
}

static void
applied_cb (UdpnatPreferencesServer *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->address_row));
  g_autofree char *server = NULL;
  g_autoptr (UdpnatInvitationLink) invitation = NULL;
  g_autoptr (GError) error = NULL;

  if (udpnat_invitation_link_is_one (text))
    {
      invitation = udpnat_invitation_link_parse (text, &error);
      if (invitation == NULL)
        {
          udpnat_field_error_show (GTK_WIDGET (self->address_row), self->error_label,
                                   error->message);
          return;
        }
      /* It says the server, and is wanted whole. */
      server = g_strdup (text);
    }
  else
    server = udpnat_server_address_normalize (text);

  if (server == NULL && *text != '\0')
    {
      udpnat_field_error_show (GTK_WIDGET (self->address_row), self->error_label,
                               _("This is not an address. One looks like vps.example.org or "
                                 "203.0.113.7:8848. Leave it empty to use no server."));
      return;
    }
  g_signal_emit (self, signals[SIGNAL_USE_SERVER], 0, server);
  if (server == NULL)
    g_signal_emit (self, signals[SIGNAL_SAY], 0, _("No server: only people on this network"));
  refresh_address (self);
}

static void
retry_cb (UdpnatPreferencesServer *self)
{
  udpnat_client_retry_server (self->client);
}

static void
host_cb (UdpnatPreferencesServer *self)
{
  g_signal_emit (self, signals[SIGNAL_HOST], 0);
}

/* ---- The key ---- */

static void
forget_response_cb (AdwMessageDialog        *dialog,
                    const char              *response,
                    UdpnatPreferencesServer *self)
{
  if (!g_str_equal (response, "forget"))
    return;
  udpnat_client_forget_server_key (self->client);
  refresh (self);
}

static void
forget_cb (UdpnatPreferencesServer *self)
{
  GtkWidget *dialog = udpnat_dialog_new (
    GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))), _("Forget the Server’s Key?"),
    _("Whatever answers at this address next is then taken for the right server. Do this only if "
      "its owner has told you that the key is new."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "forget",
                                    _("_Forget"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "forget",
                                              ADW_RESPONSE_DESTRUCTIVE);
  g_signal_connect_object (dialog, "response", G_CALLBACK (forget_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- Object ---- */

static void
udpnat_preferences_server_dispose (GObject *object)
{
  g_clear_object (&UDPNAT_PREFERENCES_SERVER (object)->client);
  G_OBJECT_CLASS (udpnat_preferences_server_parent_class)->dispose (object);
}

static void
udpnat_preferences_server_class_init (UdpnatPreferencesServerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = UDPNAT_TYPE_PREFERENCES_SERVER;

  G_OBJECT_CLASS (klass)->dispose = udpnat_preferences_server_dispose;

  signals[SIGNAL_SAY] = g_signal_new ("say", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                      G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_USE_SERVER] = g_signal_new ("use-server", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                             NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_HOST] = g_signal_new ("host", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-preferences-server.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, address_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, state_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, retry_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, key_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesServer, forget_button);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
  gtk_widget_class_bind_template_callback (widget_class, forget_cb);
  gtk_widget_class_bind_template_callback (widget_class, host_cb);
}

static void
udpnat_preferences_server_init (UdpnatPreferencesServer *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_preferences_server_new (UdpnatClient *client)
{
  UdpnatPreferencesServer *self = g_object_new (UDPNAT_TYPE_PREFERENCES_SERVER, NULL);

  self->client = g_object_ref (client);
  g_signal_connect_object (client, "notify::server-state", G_CALLBACK (refresh), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server", G_CALLBACK (refresh_address), self,
                           G_CONNECT_SWAPPED);
  refresh_address (self);
  return GTK_WIDGET (self);
}
