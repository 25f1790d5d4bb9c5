/* Somebody new, by name or by link. What is typed is checked while it is typed: a link by reading
 * it, a name by asking the server. */

#include "config.h"

#include "udpnat-add-window.h"

#include <glib/gi18n.h>

#include "udpnat-heard-focus.h"
#include "udpnat-link.h"
#include "udpnat-qr-code.h"
#include "udpnat-status-words.h"

/* After the last key: a name is asked for once, not for each letter of it. */
#define CHECK_DELAY_MS 350

struct _UdpnatAddWindow
{
  AdwWindow     parent_instance;

  GtkEditable  *entry;
  GtkWidget    *spinner;
  GtkLabel     *answer;
  GtkWidget    *start_button;
  GtkWidget    *own_group;
  UdpnatQrCode *qr;
  GtkLabel     *link;
  UdpnatClient *client;
  UdpnatPerson *found;        /* nullable: who is called what was typed */
  guint         check_source; /* 0: nothing is to be checked */
  GCancellable *cancellable;  /* nullable: of the question to the server */
};

static guint person_chosen_signal;

G_DEFINE_FINAL_TYPE (UdpnatAddWindow, udpnat_add_window, ADW_TYPE_WINDOW)

static char *
dup_text (UdpnatAddWindow *self)
{
  return g_strstrip (g_strdup (gtk_editable_get_text (self->entry)));
}

static gboolean
is_link (const char *text)
{
  return g_ascii_strncasecmp (text, "udpnat:", strlen ("udpnat:")) == 0;
}

/* ---- What is known of it ---- */

static void
say (UdpnatAddWindow *self,
     const char      *words,
     gboolean         is_good)
{
  gtk_label_set_text (self->answer, words != NULL ? words : "");
  gtk_widget_set_visible (GTK_WIDGET (self->answer), words != NULL);
  gtk_widget_set_sensitive (self->start_button, is_good);
}

static void
set_busy (UdpnatAddWindow *self,
          gboolean         is_busy)
{
  gtk_widget_set_visible (self->spinner, is_busy);
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), is_busy);
}

static void
forget_check (UdpnatAddWindow *self)
{
  g_clear_handle_id (&self->check_source, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->found);
  set_busy (self, FALSE);
}

static void
say_found (UdpnatAddWindow *self)
{
  g_autofree char *presence = udpnat_words_describe_presence (self->found);
  g_autofree char *words = NULL;

  if (self->found == udpnat_client_get_self (self->client))
    words = g_strdup (_("That is you: what you write stays here, as a note."));
  else
    /* Translators: %s are a name and whether they are here: Bob: Online */
    words = g_strdup_printf (_("%s: %s"), udpnat_person_get_title (self->found), presence);
  say (self, words, TRUE);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatAddWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPerson) person = udpnat_client_find_finish (UDPNAT_CLIENT (source), result,
                                                               &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  set_busy (self, FALSE);
  g_set_object (&self->found, person);
  if (person != NULL)
    say_found (self);
  else
    say (self, error->message, FALSE);
}

static void
check_link (UdpnatAddWindow *self,
            const char      *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatLink) link = udpnat_link_parse (text, &error);
  g_autofree char *words = NULL;

  if (link == NULL)
    {
      say (self, error->message, FALSE);
      return;
    }
  words = link->server_host != NULL
            ? g_strdup_printf (_("A link to %s at the server %s."), link->name, link->server_host)
            : g_strdup_printf (_("A link to %s."), link->name);
  say (self, words, TRUE);
}

static gboolean
check_cb (gpointer user_data)
{
  UdpnatAddWindow *self = user_data;
  g_autofree char *text = dup_text (self);

  self->check_source = 0;
  self->cancellable = g_cancellable_new ();
  set_busy (self, TRUE);
  udpnat_client_find_async (self->client, text, self->cancellable, found_cb, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static void
changed_cb (UdpnatAddWindow *self)
{
  g_autofree char *text = dup_text (self);

  forget_check (self);
  say (self, NULL, FALSE);
  if (is_link (text))
    check_link (self, text);
  else if (*text != '\0')
    self->check_source = g_timeout_add (CHECK_DELAY_MS, check_cb, self);
}

/* ---- Doing it ---- */

static void
start_cb (UdpnatAddWindow *self)
{
  g_autofree char *text = dup_text (self);
  g_autoptr (GError) error = NULL;
  UdpnatPerson *person = self->found;

  if (is_link (text))
    person = udpnat_client_add_link (self->client, text, &error);
  if (error != NULL)
    say (self, error->message, FALSE);
  if (person == NULL)
    return;
  g_signal_emit (self, person_chosen_signal, 0, person);
  gtk_window_close (GTK_WINDOW (self));
}

static void
copy_cb (UdpnatAddWindow *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                          gtk_label_get_text (self->link));
}

/* ---- Object ---- */

static void
update_own (UdpnatAddWindow *self)
{
  g_autofree char *link = udpnat_client_dup_link (self->client);

  gtk_widget_set_visible (self->own_group, link != NULL);
  gtk_label_set_text (self->link, link != NULL ? link : "");
  udpnat_qr_code_set_text (self->qr, link);
}

static void
udpnat_add_window_dispose (GObject *object)
{
  UdpnatAddWindow *self = UDPNAT_ADD_WINDOW (object);

  g_clear_handle_id (&self->check_source, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->found);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_add_window_parent_class)->dispose (object);
}

static void
udpnat_add_window_class_init (UdpnatAddWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_add_window_dispose;

  person_chosen_signal = g_signal_new ("person-chosen", UDPNAT_TYPE_ADD_WINDOW, G_SIGNAL_RUN_LAST,
                                       0, NULL, NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_PERSON);
  g_type_ensure (UDPNAT_TYPE_QR_CODE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-add-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, entry);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, answer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, start_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, own_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, qr);
  gtk_widget_class_bind_template_child (widget_class, UdpnatAddWindow, link);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, start_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
udpnat_add_window_init (UdpnatAddWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_add_window_new (UdpnatClient *client)
{
  UdpnatAddWindow *self = g_object_new (UDPNAT_TYPE_ADD_WINDOW, NULL);

  self->client = g_object_ref (client);
  update_own (self);
  g_signal_connect_object (client, "notify::name", G_CALLBACK (update_own), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server", G_CALLBACK (update_own), self,
                           G_CONNECT_SWAPPED);
  udpnat_heard_focus_grab (GTK_WIDGET (self->entry));
  return GTK_WIDGET (self);
}

/** udpnat_add_window_set_text: @text: a name or a link, as if it had been typed */
void
udpnat_add_window_set_text (UdpnatAddWindow *self,
                            const char      *text)
{
  gtk_editable_set_text (self->entry, text);
}
