/* Two panes, or one: AdwLeaflet until libadwaita 1.3, AdwNavigationSplitView from 1.4 on, where the
 * leaflet is deprecated. Headers bind to "folded" to know whether they need a back button and whose
 * the window's buttons are. */

#include "config.h"

#include "udpnat-shell.h"

#include <glib/gi18n.h>

#define SIDEBAR_WIDTH 320

struct _UdpnatShell
{
  AdwBin     parent_instance;

  GtkWidget *panes; /* the leaflet, or the split view */
  GtkWidget *content;
  GtkWidget *sidebar;
};

enum
{
  PROP_0,
  PROP_FOLDED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UdpnatShell, udpnat_shell, ADW_TYPE_BIN)

static void
folded_cb (UdpnatShell *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FOLDED]);
}

#if ADW_CHECK_VERSION (1, 4, 0)

static void
create_panes (UdpnatShell *self)
{
  self->panes = adw_navigation_split_view_new ();
  adw_navigation_split_view_set_min_sidebar_width (ADW_NAVIGATION_SPLIT_VIEW (self->panes),
                                                   SIDEBAR_WIDTH - 40);
  g_signal_connect_swapped (self->panes, "notify::collapsed", G_CALLBACK (folded_cb), self);
}

/** udpnat_shell_set_panes: takes what stands at the left and at the right */
void
udpnat_shell_set_panes (UdpnatShell *self,
                        GtkWidget   *sidebar,
                        GtkWidget   *content)
{
  AdwNavigationSplitView *panes = ADW_NAVIGATION_SPLIT_VIEW (self->panes);

  self->sidebar = sidebar;
  self->content = content;
  adw_navigation_split_view_set_sidebar (panes, adw_navigation_page_new (sidebar, _("Chats")));
  adw_navigation_split_view_set_content (panes,
                                         adw_navigation_page_new (content, _("Conversation")));
}

/**
 * udpnat_shell_adopt_header:
 * @header: an #AdwHeaderBar of one of the panes
 * @back_button: (nullable): that of the content
 *
 * The split view gives header bars a back button of its own, and knows whose the window's are.
 */
void
udpnat_shell_adopt_header (UdpnatShell *self,
                           GtkWidget   *header,
                           GtkWidget   *back_button)
{
  if (back_button != NULL)
    gtk_widget_set_visible (back_button, FALSE);
}

/** udpnat_shell_attach: folds when @window is narrow */
void
udpnat_shell_attach (UdpnatShell          *self,
                     AdwApplicationWindow *window)
{
  AdwBreakpoint *narrow;
  GValue yes = G_VALUE_INIT;

  narrow = adw_breakpoint_new (adw_breakpoint_condition_parse ("max-width: 620sp"));
  g_value_init (&yes, G_TYPE_BOOLEAN);
  g_value_set_boolean (&yes, TRUE);
  adw_breakpoint_add_setter (narrow, G_OBJECT (self->panes), "collapsed", &yes);
  g_value_unset (&yes);
  adw_application_window_add_breakpoint (window, narrow);
}

void
udpnat_shell_show_content (UdpnatShell *self)
{
  adw_navigation_split_view_set_show_content (ADW_NAVIGATION_SPLIT_VIEW (self->panes), TRUE);
}

void
udpnat_shell_show_sidebar (UdpnatShell *self)
{
  adw_navigation_split_view_set_show_content (ADW_NAVIGATION_SPLIT_VIEW (self->panes), FALSE);
}

gboolean
udpnat_shell_is_folded (UdpnatShell *self)
{
  return adw_navigation_split_view_get_collapsed (ADW_NAVIGATION_SPLIT_VIEW (self->panes));
}

/** udpnat_shell_shows_content: whether the conversation can be seen */
gboolean
udpnat_shell_shows_content (UdpnatShell *self)
{
  return !udpnat_shell_is_folded (self) ||
         adw_navigation_split_view_get_show_content (ADW_NAVIGATION_SPLIT_VIEW (self->panes));
}

#else

/* Beside the content, the sidebar is as wide as it must be, however long a name in it is. */
static gboolean
folded_to_width (GBinding     *binding,
                 const GValue *folded,
                 GValue       *width,
                 gpointer      user_data)
{
  g_value_set_int (width, g_value_get_boolean (folded) ? G_MAXINT : SIDEBAR_WIDTH);
  return TRUE;
}

static void
create_panes (UdpnatShell *self)
{
  self->panes = adw_leaflet_new ();
  adw_leaflet_set_can_navigate_back (ADW_LEAFLET (self->panes), TRUE);
  g_signal_connect_swapped (self->panes, "notify::folded", G_CALLBACK (folded_cb), self);
}

/** udpnat_shell_set_panes: takes what stands at the left and at the right */
void
udpnat_shell_set_panes (UdpnatShell *self,
                        GtkWidget   *sidebar,
                        GtkWidget   *content)
{
  AdwLeaflet *panes = ADW_LEAFLET (self->panes);
  GtkWidget *line = gtk_separator_new (GTK_ORIENTATION_VERTICAL);
  GtkWidget *clamp = adw_clamp_new ();

  self->sidebar = clamp;
  self->content = content;
  adw_clamp_set_child (ADW_CLAMP (clamp), sidebar);
  g_object_bind_property_full (panes, "folded", clamp, "maximum-size", G_BINDING_SYNC_CREATE,
                               folded_to_width, NULL, NULL, NULL);
  gtk_widget_set_size_request (clamp, SIDEBAR_WIDTH, -1);
  gtk_widget_set_hexpand (clamp, FALSE);
  gtk_widget_set_hexpand (content, TRUE);
  adw_leaflet_append (panes, clamp);
  adw_leaflet_page_set_navigatable (adw_leaflet_append (panes, line), FALSE);
  adw_leaflet_append (panes, content);
}

/**
 * udpnat_shell_adopt_header:
 * @header: an #AdwHeaderBar of one of the panes
 * @back_button: (nullable): that of the content
 *
 * Each pane has its side of the window's buttons while both are there, and both when it is alone.
 */
void
udpnat_shell_adopt_header (UdpnatShell *self,
                           GtkWidget   *header,
                           GtkWidget   *back_button)
{
  const char *side = back_button != NULL ? "show-start-title-buttons" : "show-end-title-buttons";

  g_object_bind_property (self, "folded", header, side, G_BINDING_SYNC_CREATE);
  if (back_button != NULL)
    g_object_bind_property (self, "folded", back_button, "visible", G_BINDING_SYNC_CREATE);
}

/** udpnat_shell_attach: folds when @window is narrow */
void
udpnat_shell_attach (UdpnatShell          *self,
                     AdwApplicationWindow *window)
{
  /* The leaflet folds by itself when its children do not fit. */
}

void
udpnat_shell_show_content (UdpnatShell *self)
{
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->panes), self->content);
}

void
udpnat_shell_show_sidebar (UdpnatShell *self)
{
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->panes), self->sidebar);
}

gboolean
udpnat_shell_is_folded (UdpnatShell *self)
{
  return adw_leaflet_get_folded (ADW_LEAFLET (self->panes));
}

/** udpnat_shell_shows_content: whether the conversation can be seen */
gboolean
udpnat_shell_shows_content (UdpnatShell *self)
{
  return !udpnat_shell_is_folded (self) ||
         adw_leaflet_get_visible_child (ADW_LEAFLET (self->panes)) == self->content;
}

#endif

static void
udpnat_shell_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_FOLDED:
      g_value_set_boolean (value, udpnat_shell_is_folded (UDPNAT_SHELL (object)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
udpnat_shell_class_init (UdpnatShellClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = udpnat_shell_get_property;

  properties[PROP_FOLDED] = g_param_spec_boolean ("folded", NULL, NULL, FALSE,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS |
                                                    G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
udpnat_shell_init (UdpnatShell *self)
{
  create_panes (self);
  adw_bin_set_child (ADW_BIN (self), self->panes);
}

GtkWidget *
udpnat_shell_new (void)
{
  return g_object_new (UDPNAT_TYPE_SHELL, NULL);
}
