/* The window: which page is shown, its size, and the actions of what is in it. */

#include "config.h"

#include "udpnat-window.h"

#include <glib/gi18n.h>

#include "udpnat-connection-window.h"
#include "udpnat-shell.h"
#include "udpnat-window-actions.h"
#include "udpnat-window-state.h"

struct _UdpnatWindow
{
  AdwApplicationWindow    parent_instance;

  AdwToastOverlay        *toasts;
  GtkStack               *pages;
  GtkSpinner             *spinner;
  AdwStatusPage          *trouble_page;
  UdpnatShell            *shell;        /* nullable: until the chats are shown */
  UdpnatSidebar          *sidebar;      /* borrowed, as shell */
  UdpnatConversationPage *conversation; /* borrowed, as shell */
};

G_DEFINE_FINAL_TYPE (UdpnatWindow, udpnat_window, ADW_TYPE_APPLICATION_WINDOW)

static UdpnatApplication *
get_application (UdpnatWindow *self)
{
  return UDPNAT_APPLICATION (gtk_window_get_application (GTK_WINDOW (self)));
}

/* A spinner goes on turning on a page that nobody sees, at sixty frames a second. */
static void
page_changed_cb (UdpnatWindow *self)
{
  const char *page = gtk_stack_get_visible_child_name (self->pages);

  gtk_spinner_set_spinning (self->spinner, g_strcmp0 (page, "loading") == 0);
}

/* ---- Before the chats ---- */

static void
try_again_cb (UdpnatWindow *self)
{
  udpnat_application_open_profile (get_application (self), NULL);
}

/** udpnat_window_get_page: Returns: (nullable): the page of that name, if there is one */
GtkWidget *
udpnat_window_get_page (UdpnatWindow *self,
                        const char   *name)
{
  GtkWidget *place = gtk_stack_get_child_by_name (self->pages, name);

  return place != NULL ? adw_bin_get_child (ADW_BIN (place)) : NULL;
}

/**
 * udpnat_window_show_page:
 * @page: added when there is none of that name
 *
 * What is added to a stack of GTK 4.8 is never quite gone (a GtkStackPage that nobody sees keeps
 * it, and screen readers ask for it), so the place of a page stays, and the page can go.
 */
void
udpnat_window_show_page (UdpnatWindow *self,
                         const char   *name,
                         GtkWidget    *page)
{
  GtkWidget *place = gtk_stack_get_child_by_name (self->pages, name);

  if (place == NULL)
    {
      place = adw_bin_new ();
      gtk_stack_add_named (self->pages, place, name);
    }
  if (adw_bin_get_child (ADW_BIN (place)) != page)
    adw_bin_set_child (ADW_BIN (place), page);
  gtk_stack_set_visible_child_name (self->pages, name);
}

void
udpnat_window_remove_page (UdpnatWindow *self,
                           const char   *name)
{
  GtkWidget *place = gtk_stack_get_child_by_name (self->pages, name);

  if (place != NULL)
    adw_bin_set_child (ADW_BIN (place), NULL);
}

/** udpnat_window_show_trouble: why the profile cannot be opened, and what to do */
void
udpnat_window_show_trouble (UdpnatWindow *self,
                            const GError *error)
{
  gboolean is_in_use = g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE);
  g_autofree char *text = g_markup_escape_text (error->message, -1);

  adw_status_page_set_title (self->trouble_page, is_in_use ? _("Your Profile Is in Use")
                                                           : _("Your Profile Cannot Be Opened"));
  adw_status_page_set_description (self->trouble_page, text);
  gtk_stack_set_visible_child_name (self->pages, "trouble");
}

/* ---- The chats ---- */

static void
person_activated_cb (UdpnatSidebar *sidebar,
                     UdpnatPerson  *person,
                     UdpnatWindow  *self)
{
  udpnat_window_open_person (self, person);
}

static void
line_activated_cb (UdpnatSidebar *sidebar,
                   UdpnatPerson  *person,
                   gint64         number,
                   UdpnatWindow  *self)
{
  udpnat_window_open_person (self, person);
  udpnat_conversation_page_show_line (self->conversation, number);
}

/* One for each person. */
static GtkWindow *
find_details (UdpnatPerson *person)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (UDPNAT_IS_CONNECTION_WINDOW (l->data) &&
        udpnat_connection_window_get_person (l->data) == person)
      return l->data;
  return NULL;
}

/** udpnat_window_show_details: how we are connected with @person, and who they are */
void
udpnat_window_show_details (UdpnatWindow *self,
                            UdpnatPerson *person)
{
  GtkWindow *window = find_details (person);

  if (window == NULL)
    {
      UdpnatClient *client = udpnat_application_get_client (get_application (self));

      window = GTK_WINDOW (udpnat_connection_window_new (client, person));
      gtk_window_set_transient_for (window, GTK_WINDOW (self));
    }
  gtk_window_present (window);
}

static void
create_shell (UdpnatWindow *self,
              UdpnatClient *client)
{
  self->shell = UDPNAT_SHELL (udpnat_shell_new ());
  self->sidebar = UDPNAT_SIDEBAR (udpnat_sidebar_new (client));
  self->conversation = UDPNAT_CONVERSATION_PAGE (
    udpnat_conversation_page_new (client,
                                  udpnat_application_get_settings (get_application (self))));
  udpnat_shell_set_panes (self->shell, GTK_WIDGET (self->sidebar),
                          GTK_WIDGET (self->conversation));
  udpnat_shell_adopt_header (self->shell, udpnat_sidebar_get_header (self->sidebar), NULL);
  udpnat_shell_adopt_header (self->shell,
                             udpnat_conversation_page_get_header (self->conversation),
                             udpnat_conversation_page_get_back_button (self->conversation));
  udpnat_shell_attach (self->shell, ADW_APPLICATION_WINDOW (self));
  g_signal_connect_object (self->sidebar, "person-activated", G_CALLBACK (person_activated_cb),
                           self, 0);
  g_signal_connect_object (self->conversation, "person-requested",
                           G_CALLBACK (udpnat_window_open_person), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sidebar, "details-requested",
                           G_CALLBACK (udpnat_window_show_details), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->conversation, "details-requested",
                           G_CALLBACK (udpnat_window_show_details), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->sidebar, "line-activated", G_CALLBACK (line_activated_cb), self,
                           0);
  udpnat_window_show_page (self, "chats", GTK_WIDGET (self->shell));
}

/** udpnat_window_show_chats: the profile is open, and we are logged in */
void
udpnat_window_show_chats (UdpnatWindow *self,
                          UdpnatClient *client)
{
  if (self->shell == NULL)
    create_shell (self, client);
  gtk_stack_set_visible_child_name (self->pages, "chats");
  udpnat_window_state_restore_person (self, client);
}

/** udpnat_window_close_chats: the profile is being closed: nothing of it is shown any more */
void
udpnat_window_close_chats (UdpnatWindow *self)
{
  gtk_stack_set_visible_child_name (self->pages, "loading");
  udpnat_window_remove_page (self, "welcome");
  udpnat_window_remove_page (self, "chats");
  self->shell = NULL;
  self->sidebar = NULL;
  self->conversation = NULL;
}

/** udpnat_window_open_person: shows the conversation with @person */
void
udpnat_window_open_person (UdpnatWindow *self,
                           UdpnatPerson *person)
{
  g_return_if_fail (self->shell != NULL);

  udpnat_conversation_page_set_person (self->conversation, person);
  udpnat_sidebar_select_person (self->sidebar, person);
  udpnat_shell_show_content (self->shell);
  udpnat_window_state_keep_person (self, person);
}

/** udpnat_window_prepare_person: as if their conversation had been opened, behind the list of chats
 * when only one of them can be seen */
void
udpnat_window_prepare_person (UdpnatWindow *self,
                              UdpnatPerson *person)
{
  udpnat_conversation_page_set_person (self->conversation, person);
  udpnat_sidebar_select_person (self->sidebar, person);
}

/** udpnat_window_get_person: Returns: (nullable): whose conversation is open and can be seen */
UdpnatPerson *
udpnat_window_get_person (UdpnatWindow *self)
{
  if (self->shell == NULL || !udpnat_shell_shows_content (self->shell))
    return NULL;
  return udpnat_conversation_page_get_person (self->conversation);
}

/** udpnat_window_get_sidebar: Returns: (transfer none) (nullable): %NULL before there are chats */
UdpnatSidebar *
udpnat_window_get_sidebar (UdpnatWindow *self)
{
  return self->sidebar;
}

/** udpnat_window_get_conversation: Returns: (transfer none) (nullable): as the sidebar */
UdpnatConversationPage *
udpnat_window_get_conversation (UdpnatWindow *self)
{
  return self->conversation;
}

/** udpnat_window_say: a word that goes by itself, for what needs no answer */
void
udpnat_window_say (UdpnatWindow *self,
                   const char   *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  AdwToast *toast = adw_toast_new (escaped);

  adw_toast_set_timeout (toast, 4);
  adw_toast_overlay_add_toast (self->toasts, toast);
}

static void
back_cb (GtkWidget  *widget,
         const char *name,
         GVariant   *parameter)
{
  UdpnatWindow *self = UDPNAT_WINDOW (widget);

  if (self->shell != NULL)
    udpnat_shell_show_sidebar (self->shell);
}

static gboolean
udpnat_window_close_request (GtkWindow *window)
{
  return udpnat_application_close_window (get_application (UDPNAT_WINDOW (window)));
}

/* ---- Object ---- */

static void
udpnat_window_class_init (UdpnatWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  GTK_WINDOW_CLASS (klass)->close_request = udpnat_window_close_request;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatWindow, toasts);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWindow, spinner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatWindow, trouble_page);
  gtk_widget_class_bind_template_callback (widget_class, page_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, try_again_cb);
  gtk_widget_class_install_action (widget_class, "win.back", NULL, back_cb);
  udpnat_window_install_actions (widget_class);
}

static void
udpnat_window_init (UdpnatWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  page_changed_cb (self);
}

UdpnatWindow *
udpnat_window_new (UdpnatApplication *application)
{
  UdpnatWindow *self = g_object_new (UDPNAT_TYPE_WINDOW, "application", application, NULL);

  udpnat_window_state_bind (self, application);
  return self;
}
