/* What an answer is about: two lines of it at most. */

#include "config.h"

#include "udpnat-quote-block.h"

#include <glib/gi18n.h>

/* More never fits two lines, and would be laid out for nothing. */
#define SHOWN_MAX_CHARACTERS 200

struct _UdpnatQuoteBlock
{
  GtkBox    parent_instance;

  GtkLabel *title;
  GtkLabel *text;
};

G_DEFINE_FINAL_TYPE (UdpnatQuoteBlock, udpnat_quote_block, GTK_TYPE_BOX)

static void
udpnat_quote_block_class_init (UdpnatQuoteBlockClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-quote-block.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatQuoteBlock, title);
  gtk_widget_class_bind_template_child (widget_class, UdpnatQuoteBlock, text);
}

static void
udpnat_quote_block_init (UdpnatQuoteBlock *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_quote_block_new (void)
{
  return g_object_new (UDPNAT_TYPE_QUOTE_BLOCK, NULL);
}

/* Where there is room for all of it, the label does not say that more follows. */
static char *
dup_beginning (const char *text)
{
  g_autofree char *beginning = NULL;

  if (g_utf8_strlen (text, -1) <= SHOWN_MAX_CHARACTERS)
    return g_strdup (text);
  beginning = g_utf8_substring (text, 0, SHOWN_MAX_CHARACTERS);
  return g_strconcat (g_strchomp (beginning), "…", NULL);
}

/**
 * udpnat_quote_block_set:
 * @title: who has said it
 * @text: (nullable): what; %NULL when it is not here any more
 */
void
udpnat_quote_block_set (UdpnatQuoteBlock *self,
                        const char       *title,
                        const char       *text)
{
  g_autofree char *beginning = text != NULL
                                 ? dup_beginning (text)
                                 : g_strdup (_("This message is not here any more"));

  g_strdelimit (beginning, "\n\r\t\v\f", ' ');
  gtk_label_set_text (self->title, title);
  gtk_label_set_text (self->text, beginning);
}
