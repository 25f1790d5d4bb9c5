/* What the keys do. GTK has a window for that, which is 750 px wide at least, and tells screen
 * readers no keys. Which keys these are: udpnat-application-actions.c for most. */

#include "config.h"

#include "udpnat-shortcuts-window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-escape.h"
#include "udpnat-large-letters.h"

typedef struct
{
  const char *title; /* NULL: there is no more in this group */
  const char *keys;  /* with a space between those that do the same */
} Shortcut;

static const Shortcut general[] = {
  { N_("New conversation"), "<Control>n" },
  { N_("Go to a conversation by name"), "<Control>k" },
  { N_("Search in all conversations"), "<Control><Shift>f" },
  { N_("Preferences"), "<Control>comma" },
  { N_("Keyboard shortcuts"), "<Control>question" },
  { N_("Menu"), "F10" },
  { N_("Close the window"), "<Control>w" },
  { N_("Quit"), "<Control>q" },
  { NULL, NULL },
};

static const Shortcut conversations[] = {
  { N_("Next conversation"), "<Control>Page_Down <Alt>Down" },
  { N_("Previous conversation"), "<Control>Page_Up <Alt>Up" },
  { N_("Back to the list, in a narrow window"), "<Alt>Left" },
  { N_("Conversation by its place in the list"), "<Control>1...9" },
  { N_("Search in this conversation"), "<Control>f" },
  { N_("Connection and keys of this person"), "<Control>i" },
  { NULL, NULL },
};

static const Shortcut messages[] = {
  { N_("Send"), "Return" },
  { N_("Begin a new line"), "<Shift>Return" },
  { N_("Send, if Enter begins a new line"), "<Control>Return" },
  { N_("Edit the last message, in an empty box"), "Up" },
  { N_("Attach a file"), "<Control>o" },
  { N_("Choose an emoji"), "<Control>period" },
  { N_("Do not reply or edit after all"), "Escape" },
  { N_("What can be done with a message"), "<Shift>F10 Menu" },
  { N_("Delete a message"), "Delete" },
  { NULL, NULL },
};

/* Where reading goes from right to left, the list is at the right. */
static const char *
turn (const char *keys)
{
  return g_str_equal (keys, "<Alt>Left") && gtk_widget_get_default_direction () == GTK_TEXT_DIR_RTL
           ? "<Alt>Right" : keys;
}

/* Returns: (transfer full): "Ctrl+1…9" */
static char *
describe (const char *keys)
{
  const char *range = strstr (keys, "...");
  g_autofree char *first = range != NULL ? g_strndup (keys, (gsize) (range - keys))
                                         : g_strdup (keys);
  g_autofree char *label = NULL;
  guint key = 0;
  GdkModifierType modifiers = 0;

  gtk_accelerator_parse (first, &key, &modifiers);
  label = gtk_accelerator_get_label (key, modifiers);
  return g_strconcat (label, range != NULL ? "…" : NULL, range != NULL ? range + 3 : NULL, NULL);
}

/* Keys are written from left to right everywhere, and so their label takes its sides. */
static GtkWidget *
create_label (const char *keys)
{
  GtkWidget *label = gtk_shortcut_label_new (keys);
  gboolean is_turned = gtk_widget_get_direction (label) != gtk_widget_get_default_direction ();

  gtk_widget_set_halign (label, is_turned ? GTK_ALIGN_START : GTK_ALIGN_END);
  return label;
}

static GtkWidget *
create_row (const Shortcut *shortcut)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_auto (GStrv) keys = g_strsplit (turn (shortcut->keys), " ", -1);
  g_autoptr (GString) description = g_string_new (NULL);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _(shortcut->title));
  gtk_widget_set_margin_top (box, 9);
  gtk_widget_set_margin_bottom (box, 9);
  for (char **key = keys; *key != NULL; key++)
    {
      g_autofree char *words = describe (*key);

      gtk_box_append (GTK_BOX (box), create_label (*key));
      g_string_append_printf (description, "%s%s", key == keys ? "" : ", ", words);
    }
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), box);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  description->str, -1);
  return row;
}

static void
add_group (AdwPreferencesPage *page,
           const char         *title,
           const Shortcut     *shortcuts)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  for (const Shortcut *shortcut = shortcuts; shortcut->title != NULL; shortcut++)
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), create_row (shortcut));
  adw_preferences_page_add (page, ADW_PREFERENCES_GROUP (group));
}

static GtkWidget *
create_content (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *page = adw_preferences_page_new ();

  add_group (ADW_PREFERENCES_PAGE (page), _("General"), general);
  add_group (ADW_PREFERENCES_PAGE (page), _("Conversations"), conversations);
  add_group (ADW_PREFERENCES_PAGE (page), _("Messages"), messages);
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), page);
  return box;
}

/** udpnat_shortcuts_window_present: @parent: (nullable) */
void
udpnat_shortcuts_window_present (GtkWindow *parent)
{
  GtkWidget *window = adw_window_new ();

  gtk_window_set_title (GTK_WINDOW (window), _("Keyboard Shortcuts"));
  gtk_window_set_default_size (GTK_WINDOW (window), 480, 620);
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_destroy_with_parent (GTK_WINDOW (window), TRUE);
  adw_window_set_content (ADW_WINDOW (window), create_content ());
  udpnat_large_letters_arrange (window);
  udpnat_escape_closes (window);
  gtk_window_present (GTK_WINDOW (window));
}
