/* A bar that says what is the matter. It is told to screen readers when it appears or changes. */

#include "config.h"

#include "udpnat-banner.h"

#include <string.h>

#include "udpnat-announcement.h"

struct _UdpnatBanner
{
  AdwBin       parent_instance;

  GtkRevealer *revealer;
  GtkWidget   *bar;
  GtkBox      *content;
  GtkImage    *icon;
  GtkLabel    *text;
  GtkLabel    *note;
  GtkBox      *buttons;
  gboolean     is_narrow;
};

G_DEFINE_FINAL_TYPE (UdpnatBanner, udpnat_banner, ADW_TYPE_BIN)

/* Screen readers know a button by its label without the underscore. */
static char *
drop_mnemonic (const char *label)
{
  char *plain = g_strdup (label);
  char *underscore = strchr (plain, '_');

  if (underscore != NULL)
    memmove (underscore, underscore + 1, strlen (underscore));
  return plain;
}

static void
add_button (UdpnatBanner             *self,
            const UdpnatBannerButton *button)
{
  GtkWidget *widget = gtk_button_new_with_mnemonic (button->label);
  g_autofree char *name = drop_mnemonic (button->label);

  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (widget), button->action);
  if (button->style != NULL)
    gtk_widget_add_css_class (widget, button->style);
  gtk_box_append (self->buttons, widget);
}

static void
set_buttons (UdpnatBanner             *self,
             const UdpnatBannerButton *buttons,
             gsize                     n_buttons)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->buttons))) != NULL)
    gtk_box_remove (self->buttons, child);
  /* First, because GTK does not measure a hidden box anew for what is added to it. */
  gtk_widget_set_visible (GTK_WIDGET (self->buttons), n_buttons > 0);
  for (gsize i = 0; i < n_buttons; i++)
    add_button (self, &buttons[i]);
  /* One fits beside the sentence, more do not on a narrow window. */
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->content),
                                  n_buttons > 1 || self->is_narrow ? GTK_ORIENTATION_VERTICAL
                                                : GTK_ORIENTATION_HORIZONTAL);
}

/**
 * udpnat_banner_show:
 * @icon: name of an icon
 * @text: a sentence
 * @buttons: (array length=n_buttons) (nullable): what can be done
 */
void
udpnat_banner_show (UdpnatBanner             *self,
                    const char               *icon,
                    const char               *text,
                    const UdpnatBannerButton *buttons,
                    gsize                     n_buttons)
{
  /* The same again must not take the focus from a button, nor be read out twice. */
  if (gtk_revealer_get_reveal_child (self->revealer) &&
      g_str_equal (gtk_label_get_text (self->text), text))
    return;
  gtk_image_set_from_icon_name (self->icon, icon);
  gtk_label_set_text (self->text, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->bar), GTK_ACCESSIBLE_PROPERTY_LABEL, text,
                                  -1);
  set_buttons (self, buttons, n_buttons);
  gtk_revealer_set_reveal_child (self->revealer, TRUE);
  udpnat_announcement_make (GTK_WIDGET (self), text);
}

/** udpnat_banner_set_note: @note: (nullable): what changes often and is not read out: a clock */
void
udpnat_banner_set_note (UdpnatBanner *self,
                        const char   *note)
{
  gtk_label_set_text (self->note, note != NULL ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (self->note), note != NULL);
}

/** udpnat_banner_set_narrow: a sentence and a button do not fit side by side where it is */
void
udpnat_banner_set_narrow (UdpnatBanner *self,
                          gboolean      is_narrow)
{
  self->is_narrow = is_narrow;
}

/** udpnat_banner_hide: nothing is the matter any more */
void
udpnat_banner_hide (UdpnatBanner *self)
{
  gtk_revealer_set_reveal_child (self->revealer, FALSE);
}

static void
udpnat_banner_class_init (UdpnatBannerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, bar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, content);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, text);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, note);
  gtk_widget_class_bind_template_child (widget_class, UdpnatBanner, buttons);
}

static void
udpnat_banner_init (UdpnatBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_banner_new (void)
{
  return g_object_new (UDPNAT_TYPE_BANNER, NULL);
}
