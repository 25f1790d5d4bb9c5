/* The page of the first run. It checks what is typed, and says at the field what is wrong with it;
 * what becomes of it is the window's. */

#include "config.h"

#include "udpnat-welcome-page.h"

#include <glib/gi18n.h>

#include "udpnat-expander-switch.h"
#include "udpnat-field-error.h"
#include "udpnat-invitation-link.h"
#include "udpnat-name.h"
#include "udpnat-server-address.h"

struct _UdpnatWelcomePage
{
  GtkBox          parent_instance;

  AdwEntryRow    *name_row;
  GtkLabel       *name_error;
  AdwExpanderRow *server_expander;
  AdwEntryRow    *server_row;
  GtkLabel       *server_error;

  gboolean        is_address_next; /* to have the keyboard */
};

enum
{
  SIGNAL_START,
  SIGNAL_RESTORE,
  SIGNAL_HOST,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatWelcomePage, udpnat_welcome_page, GTK_TYPE_BOX)

/* ---- What is typed ---- */

static char *
dup_text (AdwEntryRow *row)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row))));
}

/* Spaces around a name are never meant. */
static char *
check_name (UdpnatWelcomePage *self)
{
  g_autofree char *text = dup_text (self->name_row);
  g_autofree char *name = udpnat_name_normalize (text);

  if (*text == '\0')
    udpnat_field_error_show (GTK_WIDGET (self->name_row), self->name_error,
                             _("Type the name that others will see."));
  else if (name == NULL)
    udpnat_field_error_show (GTK_WIDGET (self->name_row), self->name_error,
                             _("A name is 1 to 64 characters, without line breaks or other "
                               "control characters."));
  return g_steal_pointer (&name);
}

/* It says the server, and is wanted whole. */
static gboolean
check_invitation (UdpnatWelcomePage *self,
                  const char        *text,
                  char             **out_server)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatInvitationLink) invitation = udpnat_invitation_link_parse (text, &error);

  if (invitation == NULL)
    udpnat_field_error_show (GTK_WIDGET (self->server_row), self->server_error, error->message);
  else
    *out_server = g_strdup (text);
  return invitation != NULL;
}

/* Returns FALSE when the server is wrong; "no server" is right. */
static gboolean
check_server (UdpnatWelcomePage *self,
              char             **out_server)
{
  g_autofree char *text = dup_text (self->server_row);

  *out_server = NULL;
  if (!adw_expander_row_get_enable_expansion (self->server_expander))
    return TRUE;
  if (udpnat_invitation_link_is_one (text))
    return check_invitation (self, text, out_server);
  *out_server = udpnat_server_address_normalize (text);
  if (*out_server == NULL)
    udpnat_field_error_show (GTK_WIDGET (self->server_row), self->server_error,
                             *text == '\0'
                               ? _("Type the server’s address, or switch the server off.")
                               : _("This is not an address. One looks like vps.example.org or "
                                   "203.0.113.7:8848."));
  return *out_server != NULL;
}

static void
start_cb (UdpnatWelcomePage *self)
{
  g_autofree char *name = check_name (self);
  g_autofree char *server = NULL;
  gboolean has_server = check_server (self, &server);

  if (name == NULL)
    gtk_widget_grab_focus (GTK_WIDGET (self->name_row));
  else if (!has_server)
    gtk_widget_grab_focus (GTK_WIDGET (self->server_row));
  else
    g_signal_emit (self, signals[SIGNAL_START], 0, name, server);
}

/* Whoever types has seen what was wrong. */
static void
name_changed_cb (UdpnatWelcomePage *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->name_row), self->name_error);
}

static void
server_changed_cb (UdpnatWelcomePage *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->server_row), self->server_error);
}

static gboolean
focus_server_cb (gpointer user_data)
{
  UdpnatWelcomePage *self = UDPNAT_WELCOME_PAGE (user_data);

  gtk_widget_grab_focus (GTK_WIDGET (self->server_row));
  return G_SOURCE_REMOVE;
}

/* Before it is unfolded it could have the keyboard, but screen readers would not be told. */
static void
server_shown_cb (UdpnatWelcomePage *self)
{
  if (self->is_address_next)
    g_idle_add_full (G_PRIORITY_LOW, focus_server_cb, g_object_ref (self), g_object_unref);
  self->is_address_next = FALSE;
}

static void
server_switched_cb (UdpnatWelcomePage *self)
{
  server_changed_cb (self);
  self->is_address_next = adw_expander_row_get_enable_expansion (self->server_expander) &&
                          gtk_widget_get_mapped (GTK_WIDGET (self));
}

static void
restore_cb (UdpnatWelcomePage *self)
{
  g_signal_emit (self, signals[SIGNAL_RESTORE], 0);
}

static void
host_cb (UdpnatWelcomePage *self)
{
  g_signal_emit (self, signals[SIGNAL_HOST], 0);
}

/* ---- Object ---- */

static gboolean
udpnat_welcome_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (UDPNAT_WELCOME_PAGE (widget)->name_row));
}

static void
udpnat_welcome_page_class_init (UdpnatWelcomePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->grab_focus = udpnat_welcome_page_grab_focus;

  signals[SIGNAL_START] = g_signal_new ("start", UDPNAT_TYPE_WELCOME_PAGE, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                        G_TYPE_STRING);
  signals[SIGNAL_RESTORE] = g_signal_new ("restore", UDPNAT_TYPE_WELCOME_PAGE, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_HOST] = g_signal_new ("host", UDPNAT_TYPE_WELCOME_PAGE, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-welcome-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatWelcomePage, name_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWelcomePage, name_error);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWelcomePage, server_expander);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWelcomePage, server_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWelcomePage, server_error);
  gtk_widget_class_bind_template_callback (widget_class, start_cb);
  gtk_widget_class_bind_template_callback (widget_class, name_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, server_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, server_switched_cb);
  gtk_widget_class_bind_template_callback (widget_class, restore_cb);
  gtk_widget_class_bind_template_callback (widget_class, host_cb);
}

static void
udpnat_welcome_page_init (UdpnatWelcomePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  udpnat_expander_switch_name (self->server_expander);
  g_signal_connect_object (self->server_row, "map", G_CALLBACK (server_shown_cb), self,
                           G_CONNECT_SWAPPED);
}

GtkWidget *
udpnat_welcome_page_new (void)
{
  return g_object_new (UDPNAT_TYPE_WELCOME_PAGE, NULL);
}

/** udpnat_welcome_page_set_server: fills in a server, for the user to see and to change */
void
udpnat_welcome_page_set_server (UdpnatWelcomePage *self,
                                const char        *server)
{
  gtk_editable_set_text (GTK_EDITABLE (self->server_row), server);
  adw_expander_row_set_enable_expansion (self->server_expander, TRUE);
  adw_expander_row_set_expanded (self->server_expander, TRUE);
}
